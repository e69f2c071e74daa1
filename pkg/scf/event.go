package scf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"webrtc-room/pkg/internal/js"
)

// maxEvent is how many bytes of event are looked at. CloudBase itself passes on
// 100 KB of text at most.
const maxEvent = 1 << 20

// An Event is the JSON object that the client sent, field by field. Names match
// exactly; fields that no handler asks for are ignored.
type Event map[string]json.RawMessage

// decodeEvent refuses whatever is not one JSON object: MISSING_PARAM for nothing
// at all, BAD_EVENT for anything else.
func decodeEvent(payload []byte) (Event, error) {
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 || string(payload) == "null" {
		return nil, Refuse("MISSING_PARAM", "")
	}
	if len(payload) > maxEvent {
		return nil, Refuse("BAD_EVENT", fmt.Sprintf("请求失败，参数超过 %d 字节", maxEvent))
	}
	if !utf8.Valid(payload) {
		return nil, Refuse("BAD_EVENT", "请求失败，参数不是 UTF-8 文本")
	}
	var event Event
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, Refuse("BAD_EVENT", "请求失败，参数必须是一个 JSON 对象")
	}
	return event, nil
}

// misspelt returns the names that differ from a known one in upper and lower case
// only, such as roomId. They are ignored like all unknown ones, but hardly meant
// to be.
func (e Event) misspelt() (names []string) {
	for name := range e {
		for _, known := range []string{"userID", "roomID", "roomName", "closeRoom", "skip", "limit", "sdkAppID", "accountType"} {
			if name != known && strings.EqualFold(name, known) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Text returns a field that clients send as a string or as a number. A number is
// written as JavaScript writes it. Absent, null and "" are all "". A field of
// another type is refused with the reason given.
func (e Event) Text(field, reason string) (string, error) {
	raw := e[field]
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9':
		return numberText(string(raw)), nil
	}
	return "", Refuse(reason, field+" 必须是字符串或数字")
}

// Int returns a whole number that clients send as a number or as a string, and
// the default where it is absent.
func (e Event) Int(field string, absent int, reason string) (int, error) {
	text, err := e.Text(field, reason)
	if err != nil || text == "" {
		return absent, err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, Refuse(reason, field+" 必须是整数")
	}
	return n, nil
}

// Bool returns a field that is true or false, or the word; absent is false.
func (e Event) Bool(field, reason string) (bool, error) {
	switch string(e[field]) {
	case "true", `"true"`:
		return true, nil
	case "", "null", `""`, "false", `"false"`:
		return false, nil
	}
	return false, Refuse(reason, field+" 必须是 true 或 false")
}

// numberText writes a JSON number as JavaScript's String() does: 9527, 9527.0 and
// 9.527e3 are all "9527".
func numberText(literal string) string {
	f, _ := strconv.ParseFloat(literal, 64) // what is out of range is infinite, there as here
	return string(js.AppendNumber(nil, f))
}
