package sig_test

import (
	"fmt"
	"time"

	"webrtc-room/pkg/sig"
)

// The examples' key is nobody's.
const secret = "f0c005f3fc83d0d755e06a89aafa54803ce97f1ca4f10fd55fd91edf445363d9"

func ExampleSigner_UserSig() {
	key, err := sig.ParseSecretKey(secret)
	if err != nil {
		panic(err)
	}
	signer, err := sig.NewSigner(1400000000, key, "")
	if err != nil {
		panic(err)
	}
	now := time.Unix(1700000000, 0)
	userSig, err := signer.UserSig("alice", now, 2*time.Hour)
	fmt.Println(userSig, err)
	// Output:
	// eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwok5mcmpUInilOzEgoLMFCUrQxMDKIDIpFYUZBalKlmZG8FESjJzU5WsDM1R1RVnpitZKfklVVg4Z-kGWxRURKSYenqlh5gW5HhkpniUOrqG5HuUhRZ4emprWzgW*VrYKtUCAgAA--9tWTAO <nil>
}

func ExampleSigner_PrivateMapKey() {
	key, err := sig.ParseSecretKey(secret)
	if err != nil {
		panic(err)
	}
	signer, err := sig.NewSigner(1400000000, key, "")
	if err != nil {
		panic(err)
	}
	now := time.Unix(1700000000, 0)

	// What an audience may do, in the room with this number.
	audience := sig.PrivilegeEnterRoom | sig.PrivilegeReceiveAudio | sig.PrivilegeReceiveVideo
	roomKey, err := signer.PrivateMapKey("alice", sig.RoomNumber(12345678), audience, now, 2*time.Hour)
	fmt.Println(roomKey, err)
	// Output:
	// eJxUjUtrhDAQgP-LnMuyGxaWBjwEqxS0L*IDjzGOOvVBqqZESv97qdVDv8PAfN-AfEESy9MnTsCBnc5wt*1U4bhQTZtWPWncw1x1yhiqgF*u552-gs7QhMBv7DALDQj8cvt-Z2ecSlsDByFEWOTOFCxLdHcVInZtMmTpgxS-fGxTeN7xmhrgkKp7XFVbaunedbhGj08*mjm3rypmL7YZJeulffOj5yDw4PsnAAD--yJfQmY_ <nil>
}

// The key of an app from before July 2019 is a file, and shows nothing of itself.
func ExampleParsePrivateKey() {
	key, err := sig.ParsePrivateKey([]byte(`-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgCSGH/DoZC1E3Lzl06Y17
Wkd+5I+WftUDtyq9DtOzz4yhRANCAARZmzbbhBs7Fo367In7/2P3bhXOcUzfj8mO
U4rZeRl7baYJv63NibfpgdMhfIgn6C16BCncre4GmhFHTlwAwYDG
-----END PRIVATE KEY-----`))
	if err != nil {
		panic(err)
	}
	fmt.Println(key)
	signer, err := sig.NewSigner(1400000001, key, "36862")
	if err != nil {
		panic(err)
	}
	userSig, err := signer.UserSig("alice", time.Unix(1700000000, 0), 2*time.Hour)
	fmt.Println(userSig, err)
	// Output:
	// PrivateKey(secp256k1, redacted)
	// eJw8zlFPgzAQB-Dvcs9GaNlga7KHacbG3KbLnIl7IR0UuFhYKRUHxu9uxOo93i---90nPG8OtzxJLu*ViU2nBDDw-IlP4WYgTEVlMEOhgQGXmAgLXClMY25iT6fAwLXrJn2LBwIGZOT*DrEorgq1iHlmhrqAun*xVugGLxUwoC4ZE*oNOYsGy5*3SGDr-m9hDgy2i-19FNK1FFFZtd0xi3ozToOoOE*LZcjJrq9PT710vIw64WNXz3FujlN3crju8yKn9SbYLu92D44qR6*rNcpz67-oYiWbU0IWH7MZfH0HAAD--*EGV8E_ <nil>
}

func ExampleVerifier_UserSig() {
	key, err := sig.ParseSecretKey(secret)
	if err != nil {
		panic(err)
	}
	verifier, err := sig.NewVerifier(1400000000, key)
	if err != nil {
		panic(err)
	}
	const userSig = "eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwok5mcmpUInilOzEgoLMFCUrQxMDKIDIpFYUZBalKlmZG8FESjJzU5WsDM1R1RVnpitZKfklVVg4Z-kGWxRURKSYenqlh5gW5HhkpniUOrqG5HuUhRZ4emprWzgW*VrYKtUCAgAA--9tWTAO"
	d, err := verifier.UserSig(userSig, "alice", time.Unix(1700003600, 0))
	fmt.Println(d.UserID, d.Expires, err)
	_, err = verifier.UserSig(userSig, "alice", time.Unix(1700007201, 0))
	fmt.Println(err)
	// Output:
	// alice 2023-11-15 00:13:20 +0000 UTC <nil>
	// sig: token has expired: it ended at 2023-11-15 00:13:20 +0000 UTC
}

func ExampleDecode() {
	const roomKey = "eJxUjUtrhDAQgP-LnMuyGxaWBjwEqxS0L*IDjzGOOvVBqqZESv97qdVDv8PAfN-AfEESy9MnTsCBnc5wt*1U4bhQTZtWPWncw1x1yhiqgF*u552-gs7QhMBv7DALDQj8cvt-Z2ecSlsDByFEWOTOFCxLdHcVInZtMmTpgxS-fGxTeN7xmhrgkKp7XFVbaunedbhGj08*mjm3rypmL7YZJeulffOj5yDw4PsnAAD--yJfQmY_"
	d, err := sig.Decode(roomKey)
	if err != nil {
		panic(err)
	}
	fmt.Println("user:      ", d.UserID)
	fmt.Println("app:       ", d.SDKAppID)
	fmt.Println("room:      ", d.UserBuf.Room)
	fmt.Println("privileges:", d.UserBuf.Privilege)
	fmt.Println("left:      ", d.Expires.Sub(time.Unix(1700003600, 0)))
	// Output:
	// user:       alice
	// app:        1400000000
	// room:       12345678
	// privileges: enter-room+receive-audio+receive-video
	// left:       1h0m0s
}

func ExampleDiagnose() {
	key, err := sig.ParseSecretKey(secret)
	if err != nil {
		panic(err)
	}
	const userSig = "eJyqVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwok5mcmpUInilOzEgoLMFCUrQxMDKIDIpFYUZBalKlmZG8FESjJzU5WsDM1R1RVnpitZKfklVVg4Z-kGWxRURKSYenqlh5gW5HhkpniUOrqG5HuUhRZ4emprWzgW*VrYKtUCAgAA--9tWTAO"
	d := sig.Diagnose(userSig, key, 1400000000, "Alice", sig.Room{}, time.Unix(1700003600, 0))
	fmt.Println(d.Code, d.EnterRoom)
	fmt.Println(d.English)
	fmt.Println(d.Chinese)
	// Output:
	// 70013 -100018
	// The service would answer 70013 (enterRoom: -100018): the token is for user "alice" and was used by "Alice"; pass the very id to enterRoom that was signed.
	// 服务端会返回 70013（进房回调为 -100018）：签名属于用户 "alice"，使用者却是 "Alice"；请把签名时的 userID 原样传给 enterRoom。
}
