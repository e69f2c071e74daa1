package settings

import "slices"

// Which functions read a setting. All do where none of these lists is named.
var (
	// callers are the functions that users call.
	callers = []string{
		"webrtc-sig-api", "webrtc-create-room", "webrtc-enter-room",
		"webrtc-quit-room", "webrtc-get-room-info", "webrtc-get-room-list",
	}
	// signing are the functions that sign users in to TRTC.
	signing = []string{"webrtc-sig-api", "webrtc-create-room", "webrtc-enter-room"}
	// removing are the functions that remove users from TRTC's rooms.
	removing = []string{"webrtc-quit-room", "webrtc-room-events"}
	// app are the functions that know which app they are of.
	app = slices.Concat(signing, removing)

	reports = []string{"webrtc-room-events"}
	// unkept are the functions that have to do with rooms that aren't kept here.
	unkept = []string{"webrtc-sig-api", "webrtc-room-events"}
)

// table has all settings, in the order of the READMEs.
var table = []Setting{
	{
		Name: "TRTC_SDK_APP_ID", For: app, check: appID,
		missing: Text{
			"未设置，请填 TRTC 控制台「应用管理 > 快速上手」里的 SDKAppID",
			"it is not set: take the SDKAppID from the TRTC console (应用管理 > 快速上手)",
		},
	},
	{
		Name: "TRTC_SECRET_KEY", For: signing, Secret: true, warn: secretKeyForm,
		missing: Text{
			"未设置，请填 TRTC 控制台「应用管理 > 快速上手」里的 SDKSecretKey；2019-07 以前创建的应用改用私钥，请设置 TRTC_PRIVATE_KEY，或把文件 config/private_key 放进函数目录",
			"it is not set: take the SDKSecretKey from the TRTC console (应用管理 > 快速上手); an app from before July 2019 has a private key instead: set TRTC_PRIVATE_KEY, or put the file config/private_key into the function's folder",
		},
	},
	{Name: "TRTC_PRIVATE_KEY", For: signing, Secret: true, check: wholePEM},
	{Name: "TRTC_ACCOUNT_TYPE", For: signing, Default: "0", check: accountType},
	{Name: "SIG_EXPIRE_SECONDS", For: signing, Default: "7200", Min: 1, Max: 50 * 365 * 86400}, // TRTC's limit is fifty years
	{Name: "ROOM_MAX_MEMBERS", Default: "4", Min: 1, Max: 1000},
	{Name: "MEMBER_TTL_SECONDS", Default: "43200", Min: 10, Max: 30 * 86400},
	{Name: "MAX_ROOMS_PER_USER", Default: "0", Min: 0, Max: 1000},
	{
		Name: "ALLOW_CUSTOM_USER_ID", For: callers, Default: "false", check: flag,
		warn: whenTrue(
			"任何客户端都可以自称是任何人，包括房间的创建者：创建者的权力（移出成员、关闭房间、看到房间的 privateMapKey）也一并交出。只有当用户身份已在别处核实时才能打开",
			"any client may say that it is anybody, also a room's creator, and so has the creator's rights: to remove members, to close the room, to see its privateMapKey. It is only for an app that checks its users elsewhere",
		),
	},
	{Name: "HIDE_MEMBERS", For: callers, Default: "false", check: flag},
	{
		Name: "ALLOW_UNKEPT_ROOMS", For: unkept, Default: "false", check: flag,
		warn: whenTrue(
			"任何用户都能拿到没有记录的房间号的 privateMapKey；以后有人用这个房间号建房，它在过期前仍然有效，不受人数上限、移出和邀请的限制",
			"any user gets a privateMapKey for a room that isn't kept here. If somebody makes that room later, the key still opens it until it expires, whatever the number of seats, removals and invitations say",
		),
	},
	{Name: "TRTC_KICK", For: removing, Default: "false", check: flag, needs: "TRTC_SDK_APP_ID"},
	{Name: "TRTC_API_SECRET_ID", For: removing, Secret: true, needs: "TRTC_API_SECRET_KEY"},
	{Name: "TRTC_API_SECRET_KEY", For: removing, Secret: true, needs: "TRTC_API_SECRET_ID"},
	{Name: "TRTC_API_ENDPOINT", For: removing, Default: "trtc.tencentcloudapi.com", check: endpoint},
	{
		Name: "TRTC_CALLBACK_KEY", For: reports, Secret: true,
		missing: Text{
			"未设置，请填 TRTC 控制台「回调配置」里的密钥",
			"it is not set: take the key from the callback settings (回调配置) in the TRTC console",
		},
	},
	{
		Name: "HTTP_JWT_KEYS", For: callers, Secret: true,
		missing: Text{"未设置，所有 HTTP 调用都会被拒绝", "it is not set, and every HTTP call is refused"},
	},
	{Name: "HTTP_JWT_ISSUER", For: callers},
	{Name: "HTTP_JWT_AUDIENCE", For: callers},
	{
		Name: "HTTP_JWT_OPENIDS", For: callers, Default: "false", check: flag,
		warn: whenTrue(
			"令牌的 sub 若是某人的 OPENID，持有者就等同于那个小程序用户：登录服务必须先用微信登录核实",
			"whoever has a token whose sub is somebody's OPENID is that mini program's user: the login service must have checked it with WeChat's login",
		),
	},
	{Name: "HTTP_ALLOWED_ORIGINS", For: callers, check: origins},
	{Name: "LOG_LEVEL", Default: "info", check: level},
}
