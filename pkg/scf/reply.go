package scf

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
)

// A Refusal is the reply to a call that is not carried out because of what it
// asks for. It is an error inside the function and a normal reply outside:
// {"code": …, "msg": …, "reason": …}. Clients test the code, programs the
// reason, and people read the message.
type Refusal struct {
	Code   any    `json:"code"` // a number or a string: mini programs in the wild compare both
	Msg    string `json:"msg"`
	Reason string `json:"reason"`

	Until int64    `json:"until,omitempty"` // of BANNED: when it ends, in Unix seconds
	Rooms []string `json:"rooms,omitempty"` // of TOO_MANY_ROOMS: those that the user is in

	// Detail is for the log only, where the message alone doesn't tell a developer
	// what to mend.
	Detail string `json:"-"`
}

func (r *Refusal) Error() string { return r.Reason + ": " + r.Msg }

// refusals are the codes and texts of the JavaScript demo, to the letter and to
// the type, and some more. The reasons tell apart what shares a code.
var refusals = map[string]Refusal{
	"BAD_ROOM_ID":      {Code: "12", Msg: "roomID数值必须是int型"},
	"ROOM_FULL":        {Code: "5001", Msg: "超出房间人数上限"},
	"MISSING_PARAM":    {Code: 2, Msg: "请求失败，缺少参数"},
	"ROOM_NOT_FOUND":   {Code: 3, Msg: "请求失败，房间不存在"},
	"USER_ID_MISMATCH": {Code: 4, Msg: "请求失败，userID 与调用者身份不一致"},
	"NO_IDENTITY":      {Code: 4, Msg: "请求失败，无法确认调用者身份，请先登录"},
	"NOT_ALLOWED":      {Code: 4, Msg: "请求失败，没有权限"},
	"NOT_A_MEMBER":     {Code: 4, Msg: "请求失败，用户不在房间内，请先进入房间"},
	"NOT_INVITED":      {Code: 4, Msg: "请求失败，这是私密房间，请向房间里的人要邀请码，填入 invitation 再进入"},
	"BANNED":           {Code: 4, Msg: "请求失败，房间创建者把你移出了房间，暂时不能进入"},
	"TOO_MANY_ROOMS":   {Code: 6, Msg: "请求失败，你所在的房间已达上限，请先退出一个"},
	"BAD_EVENT":        {Code: 5, Msg: "请求失败，参数必须是一个 JSON 对象"},
	"BAD_USER_ID":      {Code: 5, Msg: "userID 必须是 1 到 32 个可见 ASCII 字符，不含空格"},
	"BAD_ROOM_NAME":    {Code: 5, Msg: "roomName 最长 64 个字符"},
	"BAD_PAGE":         {Code: 5, Msg: "skip 必须是不小于 0 的整数，limit 必须是 1 到 100 的整数"},
	"BAD_PARAM":        {Code: 5, Msg: "请求失败，参数格式错误"},
	"BAD_TOKEN":        {Code: 4, Msg: "请求失败，登录令牌无效"},
	"TOKEN_EXPIRED":    {Code: 4, Msg: "请求失败，登录令牌已过期"},
	"BAD_SIGNATURE":    {Code: 4, Msg: "请求失败，回调签名不正确，请核对密钥"},
	"BAD_METHOD":       {Code: 5, Msg: "请求失败，只支持 POST"},
	"BAD_ORIGIN":       {Code: 4, Msg: "请求失败，网页的来源不在环境变量 HTTP_ALLOWED_ORIGINS 里; the page's origin is not in HTTP_ALLOWED_ORIGINS"},
}

// Refuse makes the refusal with a reason of the table. An empty msg stands for
// the table's text.
func Refuse(reason, msg string) *Refusal {
	r := refusals[reason]
	r.Reason = reason
	if msg != "" {
		r.Msg = msg
	}
	return &r
}

// Because sets the detail.
func (r *Refusal) Because(detail string) *Refusal {
	r.Detail = detail
	return r
}

// asRefusal finds the refusal in an error of any package: a *Refusal, or an
// error that names its reason.
func asRefusal(err error) (*Refusal, bool) {
	var r *Refusal
	if errors.As(err, &r) {
		return r, true
	}
	var reasoned interface{ Reason() string }
	if errors.As(err, &reasoned) {
		if _, known := refusals[reasoned.Reason()]; known {
			return Refuse(reasoned.Reason(), ""), true
		}
	}
	return nil, false
}

// encode writes a reply as JSON. Room names stay as people typed them: they are not
// escaped for HTML.
func encode(reply any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(reply); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// A Date is a time that is written as JavaScript writes a Date in JSON, in UTC
// with milliseconds: "2018-12-19T09:35:09.000Z".
type Date time.Time

// MarshalJSON writes the date; see Date.
func (d Date) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(d).UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}
