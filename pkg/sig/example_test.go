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
	// eAFFD4MBAgFwlyy8kW2beFuZu0ecjYutV*uG9tzaFrFBIcAWePkSy*lbiZdeYUqVGO6T2LAKZZoSa4uACPCBdwt3NKU1Z4vgEAC8I1tJe-gg-in7RDeS8FjVoI9EVq53CfM4YtFyReihplqS2NIune8ZpX3fLJf9fiK9rhNx2*0ObVkwDg__ <nil>
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
	// eAFFD4MBAgFwlyy8kW2beFuZu0ecjYutV*uG9tzaFrFBIcAWePkSy*lbiZdeYUqVGO6T2LAKZZoSa4uACPCBdwt3NKU1Z4vgEAC8I1tJe-gg-in7RHcbbk3v*Me6dDpdGA*P5hga9BgFSadrR7GnDfq57iOTTlsvmY7Hv6sl4dHUp0juRIk00z3KTOFULdWznLkZ7lpUDWruBL0Lqd1dO1tt5PNx2*0OIl9CZg__ <nil>
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
	// eAFFD4MBAgFwlyy8kW2beFuZu0ecjYutV*uGKIYxdvp2uT2ZnC1igzECg2yBV0piOX0r8RK3fiQoVWK4T4IyTYldUtslvGYfKeAT3rDK8pV6xEAEeAP4SXJHU1pzS4rfvsbhEPBt23PrjWTojyYIAFEQgl*Nn7atpD3PAvFX8CE*8Y0kPBrq*Xa2XIAqKlfW9P2pz5fPW5TFyyJNisUCBTbO1qR1VsMwD4ULzZOVltLbPgkQ3WNbEAXIquH1YqZRDZsaMi5VJJXeY4O1WFI3EwbMH*Jx2*0O4QZXwQ__ <nil>
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
	const userSig = "eAFFD4MBAgFwlyy8kW2beFuZu0ecjYutV*uG9tzaFrFBIcAWePkSy*lbiZdeYUqVGO6T2LAKZZoSa4uACPCBdwt3NKU1Z4vgEAC8I1tJe-gg-in7RDeS8FjVoI9EVq53CfM4YtFyReihplqS2NIune8ZpX3fLJf9fiK9rhNx2*0ObVkwDg__"
	d, err := verifier.UserSig(userSig, "alice", time.Unix(1700003600, 0))
	fmt.Println(d.UserID, d.Expires, err)
	_, err = verifier.UserSig(userSig, "alice", time.Unix(1700007201, 0))
	fmt.Println(err)
	// Output:
	// alice 2023-11-15 00:13:20 +0000 UTC <nil>
	// sig: token has expired: it ended at 2023-11-15 00:13:20 +0000 UTC
}

func ExampleDecode() {
	const roomKey = "eAFFD4MBAgFwlyy8kW2beFuZu0ecjYutV*uG9tzaFrFBIcAWePkSy*lbiZdeYUqVGO6T2LAKZZoSa4uACPCBdwt3NKU1Z4vgEAC8I1tJe-gg-in7RHcbbk3v*Me6dDpdGA*P5hga9BgFSadrR7GnDfq57iOTTlsvmY7Hv6sl4dHUp0juRIk00z3KTOFULdWznLkZ7lpUDWruBL0Lqd1dO1tt5PNx2*0OIl9CZg__"
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
	const userSig = "eAFFD4MBAgFwlyy8kW2beFuZu0ecjYutV*uG9tzaFrFBIcAWePkSy*lbiZdeYUqVGO6T2LAKZZoSa4uACPCBdwt3NKU1Z4vgEAC8I1tJe-gg-in7RDeS8FjVoI9EVq53CfM4YtFyReihplqS2NIune8ZpX3fLJf9fiK9rhNx2*0ObVkwDg__"
	d := sig.Diagnose(userSig, key, 1400000000, "Alice", sig.Room{}, time.Unix(1700003600, 0))
	fmt.Println(d.Code, d.EnterRoom)
	fmt.Println(d.English)
	fmt.Println(d.Chinese)
	// Output:
	// 70013 -100018
	// The service would answer 70013 (enterRoom: -100018): the token is for user "alice" and was used by "Alice"; pass the very id to enterRoom that was signed.
	// 服务端会返回 70013（进房回调为 -100018）：签名属于用户 "alice"，使用者却是 "Alice"；请把签名时的 userID 原样传给 enterRoom。
}
