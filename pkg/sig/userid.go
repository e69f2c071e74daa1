package sig

import (
	"fmt"
	"math"
	"unicode"
	"unicode/utf8"
)

const maxUserID = 32

// checkUserID returns ErrUserID for an id that isn't 1 to 32 bytes of printable
// ASCII without spaces or, if wide, for one that checkWide objects to.
func checkUserID(id string, wide bool) error {
	if wide {
		if problem := checkWide(id); problem != "" {
			return fmt.Errorf("%w: it %s", ErrUserID, problem)
		}
		return nil
	}
	if id == "" || len(id) > maxUserID {
		return fmt.Errorf("%w: it has %d bytes, 1 to %d are accepted", ErrUserID, len(id), maxUserID)
	}
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c > '~' {
			return fmt.Errorf("%w: byte %d is %#02x, printable ASCII without spaces is accepted", ErrUserID, i+1, c)
		}
	}
	return nil
}

// checkWide says what is wrong with a text that may be any that the formats can
// hold, "" if nothing is. A control character is always wrong: a line feed would
// end the text's line in what is signed, and what follows be read as the next. So is
// U+FFFD, which readers of JSON put for what is no character.
func checkWide(s string) (problem string) {
	switch {
	case s == "":
		return "is empty"
	case len(s) > math.MaxUint16:
		return fmt.Sprintf("has %d bytes, at most %d fit its field", len(s), math.MaxUint16)
	case !utf8.ValidString(s):
		return "is not UTF-8"
	}
	for i, r := range s {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return fmt.Sprintf("has a character that is not accepted (%U) at byte %d", r, i+1)
		}
	}
	return ""
}
