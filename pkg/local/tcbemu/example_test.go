package tcbemu_test

import (
	"context"
	"errors"
	"fmt"

	"webrtc-room/pkg/local/tcbemu"
	"webrtc-room/pkg/local/tcbemu/faults"
	"webrtc-room/pkg/tcb"
)

// A client and an emulator in one process, without a socket.
func Example() {
	emulator, err := tcbemu.Open(tcbemu.Config{
		EnvID: "local",
		Keys:  map[string]string{"AKIDexample": "a-key"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer emulator.Close()
	app, err := tcb.Init(&tcb.Config{
		EnvID: "local", SecretID: "AKIDexample", SecretKey: "a-key",
		URL:       "http://emulator.test/admin",
		Transport: &faults.Link{Server: emulator},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	rooms := app.Database().Collection("rooms")
	_, err = rooms.Insert(ctx, tcb.M{"_id": "9527"})
	fmt.Println(errors.Is(err, tcb.ErrCollectionNotExist), rooms.Create(ctx))
	id, err := rooms.Insert(ctx, tcb.M{"_id": "9527", "members": []string{"alice"}})
	fmt.Println(id, err)
	n, err := rooms.Update(ctx,
		tcb.M{"_id": "9527", "members.3": tcb.M{"$exists": false}},
		tcb.M{"$addToSet": tcb.M{"members": "bob"}})
	fmt.Println(n, err)
	snapshot, err := emulator.Export()
	fmt.Printf("%s %v\n", snapshot["rooms"].Documents, err)
	// Output:
	// true <nil>
	// 9527 <nil>
	// 1 <nil>
	// [{"_id":"9527","members":["alice","bob"]}] <nil>
}
