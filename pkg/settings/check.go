package settings

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// unlikely says what is wrong with a value that is right for no setting.
func unlikely(value string) Text {
	switch {
	case strings.Contains(value, "…") || strings.Trim(value, ".") == "":
		return Text{"还是文档里的省略号，请换成真实的值", "it still is the ellipsis of the documentation: put the real value there"}
	case strings.ContainsAny(value, "：＝，"):
		return Text{"含有全角的「：」「＝」或「，」，请改用半角的 : = ,", "it has a full-width ：, ＝ or ， in it: type : = , instead"}
	}
	return Text{}
}

func outside(low, high int) Text {
	return Text{
		fmt.Sprintf("必须是 %d 到 %d 的整数", low, high),
		fmt.Sprintf("it must be a whole number from %d to %d", low, high),
	}
}

func alone(other string) Text {
	return Text{"还需要设置 " + other, "it also needs " + other + ", which is not set"}
}

func flag(value string) Text {
	if _, err := strconv.ParseBool(value); err != nil {
		return Text{"只能是 true 或 false", "it must be true or false"}
	}
	return Text{}
}

func isTrue(value string) bool {
	on, err := strconv.ParseBool(value)
	return on && err == nil
}

// whenTrue warns of a flag that is true.
func whenTrue(zh, en string) func(string) Text {
	return func(value string) Text {
		if !isTrue(value) {
			return Text{}
		}
		return Text{zh, en}
	}
}

// exampleApp is the app in Tencent's documentation, and in ours.
const exampleApp = 1400000000

func appID(value string) Text {
	id, err := strconv.ParseUint(value, 10, 32)
	switch {
	case err != nil || id == 0:
		return Text{
			"必须是 TRTC 控制台「应用管理」里的 SDKAppID（纯数字）",
			"it must be the SDKAppID, a number, from the TRTC console (应用管理)",
		}
	case id == exampleApp:
		return Text{
			"1400000000 是文档里的示例，请填你自己的 SDKAppID",
			"1400000000 is the example of the documentation: put your own SDKAppID there",
		}
	}
	return Text{}
}

// secretKeyForm is a warning only: Tencent may give keys another form.
func secretKeyForm(value string) Text {
	if len(value) == 64 && strings.Trim(value, "0123456789abcdef") == "" {
		return Text{}
	}
	return Text{
		"不是 64 位小写十六进制数，SDKSecretKey 通常是这样的，请核对是否复制完整",
		"it is not 64 hexadecimal digits in lower case, as an SDKSecretKey usually is: see whether it was copied whole",
	}
}

func wholePEM(value string) Text {
	if !strings.Contains(value, "-----BEGIN") || strings.Contains(value, "-----END") {
		return Text{}
	}
	return Text{
		"只有私钥的第一行。私钥要写成一行：换行处写 \\n，或整个转成 base64；也可以放进文件 config/private_key",
		"it is the first line of a private key. Write the key in one line, with \\n for its line ends or in base64, or put it into the file config/private_key",
	}
}

func accountType(value string) Text {
	if n, err := strconv.ParseUint(value, 10, 32); err != nil || strconv.FormatUint(n, 10) != value {
		return Text{
			"必须是数字，如 36862，2019-07 以后创建的应用不用填",
			"it must be a number, as 36862; an app made since July 2019 has none",
		}
	}
	return Text{}
}

func endpoint(value string) Text {
	if _, ok := parseEndpoint(value); ok {
		return Text{}
	}
	return Text{
		"必须是 TRTC 服务端 API 的域名，如 trtc.tencentcloudapi.com，或 https:// 开头的地址",
		"it must be the host of TRTC's server API, as trtc.tencentcloudapi.com, or its URL with https://",
	}
}

// parseEndpoint reads the host of a server, maybe with a port and a path, or its URL.
// Without TLS it may only be on this machine, since tokens are sent there.
func parseEndpoint(value string) (*url.URL, bool) {
	if !strings.Contains(value, "://") {
		value = "https://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, false
	}
	return u, u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// split returns the values of a list.
func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
}

// origins takes those that browsers write in the Origin header.
func origins(value string) Text {
	for _, origin := range split(value) {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Hostname() == "" || strings.Contains(u.Host, "*") ||
			origin != strings.ToLower(u.Scheme+"://"+u.Host) ||
			u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
			return Text{
				"必须是网页的来源，如 https://app.example.com，多个用逗号分隔：小写，不带路径、默认端口和 *",
				"it must list origins as https://app.example.com, separated by commas: in lower case, without a path, a default port or *",
			}
		}
	}
	return Text{}
}

func level(value string) Text {
	if new(slog.Level).UnmarshalText([]byte(value)) != nil {
		return Text{"只能是 debug、info、warn 或 error", "it must be debug, info, warn or error"}
	}
	return Text{}
}
