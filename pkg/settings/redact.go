package settings

import (
	"cmp"
	"slices"
	"strings"
)

// foreign are the variables of others whose values must not be shown: secrets
// that the platform gives to functions, those of the tools that deploy, and who
// calls.
var foreign = []string{
	"TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN",
	"TENCENT_SECRET_ID", "TENCENT_SECRET_KEY", "TENCENT_TOKEN",
	"CLOUDBASE_APIKEY", "TCB_SESSIONTOKEN",
	"WX_API_TOKEN", "WX_TRIGGER_API_TOKEN_V0", "WX_CLOUDBASE_ACCESSTOKEN",
	"WX_OPENID", "WX_FROM_OPENID", "WX_UNIONID", "WX_FROM_UNIONID", "TCB_CUSTOM_USER_ID", "TCB_UUID",
}

// shortest is how long a value has to be: a shorter one is a word of some text as
// likely as it is a secret.
const shortest = 6

// Secrets returns the secret variables that are set, by name: the functions'
// own, and those of the platform and the tools. Values too short to be told from
// words are left out.
func (l Lookup) Secrets() map[string]string {
	names := slices.Clone(foreign)
	for _, s := range table {
		if s.Secret {
			names = append(names, s.Name)
		}
	}
	found := make(map[string]string)
	for _, name := range names {
		if value := strings.TrimSpace(l(name)); len(value) >= shortest {
			found[name] = value
		}
	}
	return found
}

// Redact covers secrets in a text, each with its name, and whatever looks like
// somebody's OPENID. No error of this project names any; this is for texts that
// come from elsewhere, such as a database's messages, a tool's output or a panic.
func Redact(text string, secrets map[string]string) string {
	type secret struct{ name, value string }
	var all []secret
	for name, value := range secrets {
		if len(value) >= shortest {
			all = append(all, secret{name, value})
		}
	}
	// The longest first: a secret may be the beginning of another.
	slices.SortFunc(all, func(a, b secret) int {
		return cmp.Or(cmp.Compare(len(b.value), len(a.value)), cmp.Compare(a.name, b.name))
	})
	var pairs []string
	for _, s := range all {
		pairs = append(pairs, s.value, "["+s.name+"]")
	}
	return redactOpenIDs(strings.NewReplacer(pairs...).Replace(text))
}

// redactOpenIDs covers OPENIDs, such as the other members' in a message that
// quotes a record.
func redactOpenIDs(text string) string {
	var b strings.Builder
	for text != "" {
		n := strings.IndexFunc(text, notInID)
		if n < 0 {
			n = len(text)
		}
		if IsOpenID(text[:n]) {
			b.WriteString("[OPENID]")
		} else {
			b.WriteString(text[:n])
		}
		text = text[n:]
		rest := strings.TrimLeftFunc(text, notInID)
		b.WriteString(text[:len(text)-len(rest)])
		text = rest
	}
	return b.String()
}

// IsOpenID reports whether a text looks like an OPENID: 28 characters of base64
// for URLs, the first an o.
func IsOpenID(text string) bool {
	return len(text) == 28 && text[0] == 'o' && !strings.ContainsFunc(text, notInID)
}

func notInID(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-')
}
