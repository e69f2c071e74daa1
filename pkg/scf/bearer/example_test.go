package bearer_test

import (
	"fmt"
	"time"

	"webrtc-room/pkg/scf/bearer"
)

func Example() {
	keys, err := bearer.ParseKeys("web:HS256:example-secret-that-everybody-can-read")
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier := bearer.New(bearer.Config{
		Keys:   keys,
		Issuer: "https://login.example",
		Now:    func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) },
	})
	token, err := bearer.Token([]string{"Bearer " +
		"eyJhbGciOiJIUzI1NiIsImtpZCI6IndlYiIsInR5cCI6IkpXVCJ9." +
		"eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUiLCJzdWIiOiJhbGljZSIsImV4cCI6MTc5MzUzNjIwMH0." +
		"MwDmJvgnaqcBkko5dS25pRtSfHmKITwWWpgWP508IDc"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(verifier.User(token))
	// Output: alice <nil>
}
