package trtc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	sdkhttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

const (
	apiVersion = "2019-07-22"
	apiRegion  = "ap-guangzhou" // one of the few that the API takes, wherever the function is
	apiTimeout = 2 * time.Second
)

// Credentials are a key pair of Tencent Cloud, with a token if they are temporary.
type Credentials struct{ SecretID, SecretKey, Token string }

// String keeps secrets out of prints.
func (c Credentials) String() string { return "trtc.Credentials{…}" }

// GoString keeps secrets out of %#v.
func (c Credentials) GoString() string { return c.String() }

// An API removes people from the media of one app. It is safe for concurrent use.
type API struct {
	app         uint32
	profile     *profile.ClientProfile
	transport   http.RoundTripper
	credentials func(context.Context) Credentials
}

// NewAPI returns the API for an app. The endpoint is https://trtc.tencentcloudapi.com, or
// what stands in for it. Each call asks for the credentials anew, as those of a function's
// role change while it lives.
func NewAPI(app uint32, endpoint *url.URL, credentials func(context.Context) Credentials) *API {
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme = strings.ToUpper(endpoint.Scheme)
	p.HttpProfile.Endpoint = endpoint.Host + endpoint.Path
	p.DisableRegionBreaker = true
	return &API{
		app:         app,
		profile:     p,
		transport:   direct{&http.Transport{DisableKeepAlives: true}},
		credentials: credentials,
	}
}

// direct sends each request on a connection of its own, to the endpoint and nowhere
// else. Calls are rare, and a connection that was kept while the function's instance
// was frozen is a dead one. A redirect would take the token to another host.
type direct struct{ *http.Transport }

var errRedirect = errors.New("the server answered with a redirect, which is not followed")

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := d.Transport.RoundTrip(r)
	if err == nil && response.StatusCode/100 == 3 {
		response.Body.Close()
		return nil, errRedirect
	}
	return response, err
}

// RemoveUser removes a user from the media of a room. That TRTC has no such room, because
// nobody is in it, is no error. Errors are an *APIError.
func (a *API) RemoveUser(ctx context.Context, room uint32, user string) error {
	return a.call(ctx, "RemoveUser", map[string]any{"SdkAppId": a.app, "RoomId": room, "UserIds": []string{user}})
}

// DismissRoom removes everybody from the media of a room. For the rest it is like
// RemoveUser.
func (a *API) DismissRoom(ctx context.Context, room uint32) error {
	return a.call(ctx, "DismissRoom", map[string]any{"SdkAppId": a.app, "RoomId": room})
}

func (a *API) call(ctx context.Context, action string, parameters map[string]any) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	keys := a.credentials(ctx)
	if keys.SecretID == "" || keys.SecretKey == "" {
		return &APIError{Action: action, Code: codeNoCredentials}
	}
	request := sdkhttp.NewCommonRequest("trtc", apiVersion, action)
	request.SetContext(ctx)
	if err := request.SetActionParameters(parameters); err != nil {
		return err
	}
	client := common.NewCommonClient(common.NewTokenCredential(keys.SecretID, keys.SecretKey, keys.Token), apiRegion, a.profile)
	client.WithHttpTransport(a.transport)
	response := sdkhttp.NewCommonResponse()
	if err := client.Send(request, response); err != nil {
		return failure(action, err)
	}
	// For the SDK, any JSON that holds no error is a success.
	var reply struct {
		Response struct{ RequestId string }
	}
	if json.Unmarshal(response.GetBody(), &reply) != nil || reply.Response.RequestId == "" {
		return &APIError{Action: action, Code: codeNoReply}
	}
	return nil
}

// failure is what an error of the SDK means, nil if it is none for us.
func failure(action string, err error) error {
	var sdk *sdkerrors.TencentCloudSDKError
	if !errors.As(err, &sdk) {
		return &APIError{Action: action, Code: codeNoReply, cause: err}
	}
	switch {
	case sdk.Code == "FailedOperation.RoomNotExist":
		return nil
	case sdk.Code == "ClientError.NetworkError":
		return &APIError{Action: action, Code: codeNoAnswer, cause: err}
	case strings.HasPrefix(sdk.Code, "ClientError."):
		return &APIError{Action: action, Code: codeNoReply, cause: err}
	}
	return &APIError{Action: action, Code: sdk.Code, RequestID: sdk.RequestId, cause: err}
}

// Codes of an APIError beside those of Tencent Cloud.
const (
	codeNoCredentials = "NoCredentials" // there is nothing to sign with
	codeNoAnswer      = "NoAnswer"      // of a server, in time
	codeNoReply       = "NoReply"       // of the API, but something else
)

// An APIError is a call of the API that removed nobody, as far as is known. Its text
// says what to do, and quotes nothing that the server sent but codes.
type APIError struct {
	Action    string // as "RemoveUser"
	Code      string // Tencent Cloud's, or one of this package's
	RequestID string // which Tencent Cloud's support asks for; may be ""

	cause error
}

func (e *APIError) Error() string {
	what := e.Action + ": " + e.Code
	if e.RequestID != "" {
		what += ", RequestId " + e.RequestID
	}
	chinese, english := e.advice()
	return fmt.Sprintf("没能在 TRTC 一侧移出（%s）：%s; TRTC didn't remove them (%[1]s): %[3]s", what, chinese, english)
}

// Unwrap returns the error below, such as context.DeadlineExceeded. Its text may quote
// what the server sent.
func (e *APIError) Unwrap() error { return e.cause }

// advice says what to do, in Chinese and in English.
func (e *APIError) advice() (chinese, english string) {
	switch code := e.Code; {
	case code == codeNoCredentials:
		return "函数没有执行角色：请给函数设置执行角色（云开发的函数是 TCB_QcsRole），或设置环境变量 TRTC_API_SECRET_ID 和 TRTC_API_SECRET_KEY",
			"the function has no execution role: give it one (CloudBase's functions have TCB_QcsRole), or set TRTC_API_SECRET_ID and TRTC_API_SECRET_KEY"
	case code == codeNoAnswer:
		return "没有及时应答，可能已移出也可能没有，请重试",
			"no answer came in time, and they may be removed or not: try again"
	case code == codeNoReply:
		return "应答的不是 TRTC 服务端接口：请检查环境变量 TRTC_API_ENDPOINT，或稍后再试",
			"what answered was not TRTC's server API: check TRTC_API_ENDPOINT, or try again later"
	case code == "UnauthorizedOperation.SdkAppId":
		return "密钥所属的账号没有这个应用的权限：TRTC_SDK_APP_ID 若属于别的账号，请设置该账号的 TRTC_API_SECRET_ID 和 TRTC_API_SECRET_KEY；否则" + attachChinese,
			"the keys have no right to this app: if TRTC_SDK_APP_ID is another account's, set that account's TRTC_API_SECRET_ID and TRTC_API_SECRET_KEY; else " + attachEnglish
	case strings.Contains(code, "UnauthorizedOperation"):
		return attachChinese, attachEnglish
	case code == "AuthFailure.SignatureExpire":
		return "签名已过期：请校准运行函数的机器的时钟",
			"the signature has expired: set the clock of the machine that the function runs on"
	case strings.HasPrefix(code, "AuthFailure"):
		return "密钥无效：请检查环境变量 TRTC_API_SECRET_ID 和 TRTC_API_SECRET_KEY，未设置时用的是函数的执行角色",
			"the keys are not valid: check TRTC_API_SECRET_ID and TRTC_API_SECRET_KEY; where they aren't set, the function's execution role is used"
	case code == "RequestLimitExceeded":
		return "调用太频繁，请稍后再试", "too many calls: try again later"
	}
	return "请按错误码查 TRTC 服务端接口的文档，或凭 RequestId 咨询腾讯云",
		"look the code up in the documentation of TRTC's server API, or ask Tencent Cloud with the RequestId"
}

const (
	attachChinese = "请在访问管理控制台（https://console.cloud.tencent.com/cam/role）给函数的执行角色（如 TCB_QcsRole）关联策略 QcloudTRTCFullAccess；" +
		"用 TRTC_API_SECRET_ID 的，关联到它所属的用户。自定义策略只需 trtc:RemoveUser 和 trtc:DismissRoom 两个操作"
	attachEnglish = "attach the policy QcloudTRTCFullAccess to the function's execution role (as TCB_QcsRole) in the CAM console (https://console.cloud.tencent.com/cam/role), " +
		"or to the user whose key TRTC_API_SECRET_ID is. In a policy of your own, trtc:RemoveUser and trtc:DismissRoom are enough"
)
