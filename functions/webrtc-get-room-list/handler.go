package main

import (
	"context"
	"errors"

	"webrtc-room/pkg/roomapi"
	"webrtc-room/pkg/roomstore"
	"webrtc-room/pkg/scf"
)

// defaultLimit is how many rooms a page has if the event doesn't say.
const defaultLimit = 10

type handler struct {
	rooms *roomstore.Store
	view  roomapi.View
}

type reply struct {
	Data   []roomapi.Room `json:"data"`
	ErrMsg string         `json:"errMsg"`
	Next   string         `json:"next,omitempty"` // the after of the next page
}

// list answers {userID?, skip?, limit?, after?}.
func (h handler) list(ctx context.Context, call *scf.Call) (any, error) {
	viewer, err := roomapi.Viewer(call)
	if err != nil {
		return nil, err
	}
	page, err := readPage(call.Event)
	if err != nil {
		return nil, err
	}
	rooms, next, err := h.rooms.List(ctx, page)
	if errors.Is(err, roomstore.ErrBadPage) && page.After != "" {
		return nil, scf.Refuse("BAD_PAGE", "after 必须是上一页回复里的 next，并且不能与 skip 同用；limit 必须是 1 到 100 的整数")
	}
	if err != nil {
		return nil, err
	}
	r := reply{Data: make([]roomapi.Room, len(rooms)), ErrMsg: "collection.get:ok", Next: next}
	for i, room := range rooms {
		r.Data[i] = h.view.To(viewer, room)
	}
	return r, nil
}

func readPage(event scf.Event) (page roomstore.Page, err error) {
	if page.Skip, err = event.Int("skip", 0, "BAD_PAGE"); err != nil {
		return page, err
	}
	if page.Limit, err = event.Int("limit", defaultLimit, "BAD_PAGE"); err != nil {
		return page, err
	}
	page.After, err = event.Text("after", "BAD_PAGE")
	return page, err
}
