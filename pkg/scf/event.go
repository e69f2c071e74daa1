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

// fields are those that the functions take.
var fields = []string{
	"userID", "roomID", "roomName", "private", "invitation", "closeRoom", "banSeconds", "skip", "limit", "after", "sdkAppID", "accountType",
}

// maxMisspelt is how many names misspelt returns.
const maxMisspelt = 5

// misspelt returns names that differ from a field's in upper and lower case only, such
// as roomId, for the log.
func (e Event) misspelt() []string {
	var names []string
	for name := range e {
		if !slices.Contains(fields, name) && slices.ContainsFunc(fields, func(field string) bool { return strings.EqualFold(name, field) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), maxMisspelt)]
}

// field returns what the event has under a name, nil where that is absent, null or "".
// Where it is absent and there is a name that differs from it in upper and lower case
// only, the client meant that one: without it the call would do something else, such as
// making a room with a drawn id. That is refused with BAD_PARAM.
func (e Event) field(name string) (json.RawMessage, error) {
	raw := e[name]
	if len(raw) > 0 && string(raw) != "null" && string(raw) != `""` {
		return raw, nil
	}
	for other := range e {
		if other != name && strings.EqualFold(other, name) {
			return nil, Refuse("BAD_PARAM", fmt.Sprintf("请求失败，字段名 %s 应为 %s（区分大小写）", other, name))
		}
	}
	return nil, nil
}

// Text returns a field that clients send as a string or as a number. A number is
// written as JavaScript writes it. Absent, null and "" are all "". A field of
// another type is refused with the reason given.
func (e Event) Text(field, reason string) (string, error) {
	raw, err := e.field(field)
	switch {
	case err != nil || raw == nil:
		return "", err
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
	raw, err := e.field(field)
	if err != nil {
		return false, err
	}
	switch string(raw) {
	case "true", `"true"`:
		return true, nil
	case "", "false", `"false"`:
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
