package roomapi

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
)

// beijing is the time zone that people in China read times in.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// Explained returns an error of the room store as the refusal that says when to come
// back, or which room to leave, where the store knows. Other errors it returns as they
// are.
func Explained(err error) error {
	var banned *roomstore.BannedError
	if errors.As(err, &banned) {
		refusal := scf.Refuse("BANNED", "请求失败，房间创建者把你移出了房间，北京时间 "+banned.Until.In(beijing).Format("2006-01-02 15:04:05")+" 之后才能再进入")
		refusal.Until = banned.Until.Unix()
		return refusal
	}
	var tooMany *roomstore.TooManyRoomsError
	if errors.As(err, &tooMany) {
		rooms := make([]string, len(tooMany.Rooms))
		for i, room := range tooMany.Rooms {
			rooms[i] = string(room)
		}
		refusal := scf.Refuse("TOO_MANY_ROOMS", fmt.Sprintf("请求失败，你已在 %d 个房间里，达到了上限，请先退出其中一个：%s", len(rooms), strings.Join(rooms, "、")))
		refusal.Rooms = rooms
		return refusal
	}
	return err
}
