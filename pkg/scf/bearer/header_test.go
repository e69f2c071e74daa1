package bearer

import (
	"strings"
	"testing"
)

func TestToken(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header []string
		want   string
		err    error
	}{
		{"OK", []string{"Bearer a.b-c_d.e"}, "a.b-c_d.e", nil},
		{"scheme in lower case", []string{"bearer a.b.c"}, "a.b.c", nil},
		{"the longest", []string{"Bearer " + strings.Repeat("a", maxToken)}, strings.Repeat("a", maxToken), nil},
		{"none", nil, "", ErrNone},
		{"empty", []string{""}, "", ErrNone},
		{"another scheme", []string{"Basic YTpi"}, "", ErrNone},
		{"no scheme", []string{"a.b.c"}, "", ErrNone},
		{"two", []string{"Bearer a.b.c", "Bearer a.b.c"}, "", ErrRepeated},
		{"two, of different schemes", []string{"Basic YTpi", "Bearer a.b.c"}, "", ErrRepeated},
		{"two in one, as proxies join them", []string{"Bearer a.b.c, Bearer a.b.c"}, "", ErrMalformed},
		{"no token", []string{"Bearer"}, "", ErrMalformed},
		{"empty token", []string{"Bearer "}, "", ErrMalformed},
		{"two spaces", []string{"Bearer  a.b.c"}, "", ErrMalformed},
		{"trailing space", []string{"Bearer a.b.c "}, "", ErrMalformed},
		{"padding", []string{"Bearer a.b.c="}, "", ErrMalformed},
		{"line feed", []string{"Bearer a.b.c\n"}, "", ErrMalformed},
		{"beyond ASCII", []string{"Bearer a.b.ç"}, "", ErrMalformed},
		{"long", []string{"Bearer " + strings.Repeat("a", maxToken+1)}, "", ErrTooLong},
	} {
		if token, err := Token(tt.header); token != tt.want || err != tt.err {
			t.Errorf("%s: %.20q, %v; want %v", tt.name, token, err, tt.err)
		}
	}
}
