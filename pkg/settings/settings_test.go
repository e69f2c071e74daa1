package settings_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"webrtc-room/pkg/settings"
)

// with returns a lookup of pairs of a name and a value.
func with(pairs ...string) settings.Lookup {
	values := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func TestDefaults(t *testing.T) {
	none := with()
	if seats, err := none.Int("ROOM_MAX_MEMBERS"); seats != 4 || err != nil {
		t.Errorf("%d seats, %v", seats, err)
	}
	if kick, err := none.Bool("TRTC_KICK"); kick || err != nil {
		t.Errorf("kick %v, %v", kick, err)
	}
	if origins, err := none.List("HTTP_ALLOWED_ORIGINS"); len(origins) > 0 || err != nil {
		t.Errorf("origins %q, %v", origins, err)
	}
	if app, err := none.AppID(); app != 0 || err != nil {
		t.Errorf("app %d, %v", app, err)
	}
	_, err := none.Required("TRTC_CALLBACK_KEY")
	var wrong *settings.Error
	if !errors.As(err, &wrong) || wrong.Name != "TRTC_CALLBACK_KEY" {
		t.Errorf("a key that is required: %v", err)
	}
	if problems := none.Check(); len(problems) > 0 {
		t.Errorf("with nothing set: %v", problems)
	}
	for _, s := range settings.All() {
		if s.Default == "" {
			continue
		}
		if problems := with(s.Name, s.Default).Check(); len(problems) > 0 {
			t.Errorf("the default of %s: %v", s.Name, problems)
		}
	}
}

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		zh, en      string // in the sentence, "" for a value that is right
	}{
		{"TRTC_SDK_APP_ID", " 1400000001\n", "", ""},
		{"TRTC_SDK_APP_ID", "0", "SDKAppID", "SDKAppID"},
		{"TRTC_SDK_APP_ID", "wx1234", "SDKAppID", "SDKAppID"},
		{"TRTC_SDK_APP_ID", "1400000000", "示例", "example"},
		{"TRTC_SECRET_KEY", "…", "省略号", "ellipsis"},
		{"TRTC_SECRET_KEY", "...", "省略号", "ellipsis"},
		{"HTTP_JWT_KEYS", "web：HS256：0123456789012345678901234567890123456789", "全角", "full-width"},
		{"TRTC_CALLBACK_KEY", "＝abcdef", "全角", "full-width"},
		{"TRTC_PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----", "第一行", "first line"},
		{"TRTC_PRIVATE_KEY", `-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----`, "", ""},
		{"TRTC_ACCOUNT_TYPE", "36862", "", ""},
		{"TRTC_ACCOUNT_TYPE", "x", "数字", "a number"},
		{"SIG_EXPIRE_SECONDS", "1h", "1 到 1576800000", "from 1 to 1576800000"},
		{"ROOM_MAX_MEMBERS", "1000", "", ""},
		{"ROOM_MAX_MEMBERS", "1001", "1 到 1000", "from 1 to 1000"},
		{"MEMBER_TTL_SECONDS", "9", "10 到", "from 10"},
		{"MAX_ROOMS_PER_USER", "0", "", ""},
		{"MAX_ROOMS_PER_USER", "-1", "0 到", "from 0"},
		{"HIDE_MEMBERS", "TRUE", "", ""},
		{"HIDE_MEMBERS", "yes", "true 或 false", "true or false"},
		{"TRTC_KICK", "false", "", ""},
		{"TRTC_KICK", "true", "TRTC_SDK_APP_ID", "TRTC_SDK_APP_ID"},
		{"TRTC_API_SECRET_ID", "AKIDabcdefg", "TRTC_API_SECRET_KEY", "TRTC_API_SECRET_KEY"},
		{"TRTC_API_ENDPOINT", "trtc.tencentcloudapi.com", "", ""},
		{"TRTC_API_ENDPOINT", "127.0.0.1:9527/trtc", "", ""},
		{"TRTC_API_ENDPOINT", "http://127.0.0.1:9527/trtc", "", ""},
		{"TRTC_API_ENDPOINT", "http://[::1]:9527", "", ""},
		{"TRTC_API_ENDPOINT", "http://trtc.tencentcloudapi.com", "域名", "host"},
		{"TRTC_API_ENDPOINT", "ftp://trtc.tencentcloudapi.com", "域名", "host"},
		{"TRTC_API_ENDPOINT", "http://127.0.0.1.example.com", "域名", "host"},
		{"TRTC_API_ENDPOINT", "https://trtc.tencentcloudapi.com?a=b", "域名", "host"},
		{"TRTC_API_ENDPOINT", "https://", "域名", "host"},
		{"TRTC_API_ENDPOINT", "https://user:password@trtc.tencentcloudapi.com", "域名", "host"},
		{"HTTP_ALLOWED_ORIGINS", "https://a.example.com, https://b.example.com:8443", "", ""},
		{"HTTP_ALLOWED_ORIGINS", "https://a.example.com/", "来源", "origins"},
		{"LOG_LEVEL", "WARN", "", ""},
		{"LOG_LEVEL", "loud", "debug", "debug"},
	} {
		problems := with(tt.name, tt.value).Check()
		if tt.en == "" {
			if len(problems) > 0 {
				t.Errorf("%s=%s: %v", tt.name, tt.value, problems)
			}
			continue
		}
		if len(problems) != 1 || problems[0].Name != tt.name || !strings.Contains(problems[0].Problem.ZH, tt.zh) || !strings.Contains(problems[0].Problem.EN, tt.en) {
			t.Errorf("%s=%s: %v", tt.name, tt.value, problems)
			continue
		}
		_, err := with(tt.name, tt.value).Text(tt.name)
		if err == nil || err.Error() != problems[0].Error() {
			t.Errorf("%s=%s is read, %v, and checked, %v", tt.name, tt.value, err, problems)
		}
		if len(tt.value) > 8 && strings.Contains(err.Error(), tt.value) && tt.value != "1400000000" {
			t.Errorf("the value is in %v", err)
		}
	}
}

func TestWarnings(t *testing.T) {
	key := strings.Repeat("0123456789abcdef", 4)
	for _, tt := range []struct{ name, value, en string }{
		{"TRTC_SECRET_KEY", key, ""},
		{"TRTC_SECRET_KEY", key[1:], "64 hexadecimal"},
		{"TRTC_SECRET_KEY", strings.ToUpper(key), "64 hexadecimal"},
		{"ALLOW_CUSTOM_USER_ID", "false", ""},
		{"ALLOW_CUSTOM_USER_ID", "true", "creator's rights"},
		{"ALLOW_UNKEPT_ROOMS", "true", "until it expires"},
		{"HTTP_JWT_OPENIDS", "true", "OPENID"},
	} {
		got := with(tt.name, tt.value).Warnings()
		if tt.en == "" && len(got) > 0 || tt.en != "" && (len(got) != 1 || !strings.Contains(got[0].Problem.EN, tt.en) || got[0].Problem.ZH == "") {
			t.Errorf("%s=%s: %v", tt.name, tt.value, got)
		}
	}
}

// A name that the table doesn't have is a mistake in the program.
func TestUnknownName(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a variable that isn't in the table was read")
		}
	}()
	_, _ = with().Text("ROOM_MAX_MEMBER")
}

func TestText(t *testing.T) {
	text := settings.Text{ZH: "中", EN: "en"}
	got := []string{text.In("zh"), text.In("en"), text.In("")}
	if diff := cmp.Diff([]string{"中", "en", "中; en"}, got); diff != "" {
		t.Error(diff)
	}
	wrong := settings.Wrong("LOG_LEVEL", text).Error()
	for _, want := range []string{"环境变量 LOG_LEVEL：中", "the variable LOG_LEVEL: en", "函数配置", ".env"} {
		if !strings.Contains(wrong, want) {
			t.Errorf("%q lacks %q", wrong, want)
		}
	}
	file := (&settings.Error{Name: "config/private_key", File: true, Problem: text}).Error()
	if !strings.HasPrefix(file, "文件 config/private_key") || strings.Contains(file, ".env") {
		t.Error(file)
	}
}

func TestRedact(t *testing.T) {
	const openID = "o6zAJs3oh85dP7MdmaT2rQPEeSVX"
	lookup := with(
		"TRTC_SECRET_KEY", "0123456789abcdef", "TRTC_CALLBACK_KEY", "0123456789abcdef0123", "TRTC_API_SECRET_KEY", "short",
		"TENCENTCLOUD_SESSIONTOKEN", " session-token\n", "TCB_ENV_ID", "prod-1gabc",
	)
	for text, want := range map[string]string{
		"prod-1gabc: key=0123456789abcdef; a short word":  "prod-1gabc: key=[TRTC_SECRET_KEY]; a short word",
		"0123456789abcdef0123":                            "[TRTC_CALLBACK_KEY]", // of which another is the beginning
		"session-token":                                   "[TENCENTCLOUD_SESSIONTOKEN]",
		`{"members":["` + openID + `","` + openID + `"]}`: `{"members":["[OPENID]","[OPENID]"]}`,
		openID + "x":                                      openID + "x",
		"":                                                "",
	} {
		if got := settings.Redact(text, lookup.Secrets()); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
