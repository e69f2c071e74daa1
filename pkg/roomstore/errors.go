package roomstore

import "errors"

// A refusal is an error for the caller. Its reason is the symbol that the
// functions answer with.
type refusal struct{ reason, text string }

func (r *refusal) Error() string  { return r.text }
func (r *refusal) Reason() string { return r.reason }

// Refusals: the call asks for what can't be, and nothing was changed.
var (
	ErrBadRoomID     error = &refusal{"BAD_ROOM_ID", "a room id is a decimal number from 1 to 4294967294"}
	ErrBadUserID     error = &refusal{"BAD_USER_ID", "a user id is 1 to 32 characters of printable ASCII without spaces"}
	ErrBadRoomName   error = &refusal{"BAD_ROOM_NAME", "a room name has at most 64 characters"}
	ErrBadPage       error = &refusal{"BAD_PAGE", "skip starts at 0 and limit is from 1 to 100"}
	ErrRoomNotFound  error = &refusal{"ROOM_NOT_FOUND", "there is no such room"}
	ErrRoomFull      error = &refusal{"ROOM_FULL", "every seat of the room is taken"}
	ErrNotTheCreator error = &refusal{"USER_ID_MISMATCH", "only a room's creator may remove somebody else from it"}
	ErrNotAllowed    error = &refusal{"NOT_ALLOWED", "only a room's creator may close it"}
)

// Failures: not the caller's doing.
var (
	// ErrOutcomeUnknown means that a write was sent, no reply came, and the
	// record doesn't tell. It may have been applied or may still be.
	ErrOutcomeUnknown = errors.New("数据库没有及时应答，操作可能已生效也可能没有：可以放心地再次进入或退出房间，再次创建前请先查询；" +
		"the database did not answer in time and the change may or may not take effect: to enter or to quit again is safe, but look at the rooms before you create another")

	// ErrBusy means that others changed the room every time before we could, or
	// that the database refused to be asked so often, until time was up. Nothing
	// was changed.
	ErrBusy = errors.New("系统繁忙，没有做任何修改，请稍后再试；too busy, nothing was changed: try again")
)
