// Package platform makes the variables that SCF and CloudBase give a function
// with each call. They say where it runs, with which credentials, and which user calls.
package platform

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Region is where functions run unless an Environment says otherwise.
const Region = "ap-shanghai"

// AppID is the mini program that calls unless the caller's variables name one.
const AppID = "wx0000000000000000"

// An Environment is a CloudBase environment, as its functions see it.
type Environment struct {
	ID     string // also the name of the functions' namespace
	Region string // default Region

	// The credentials of the functions' role.
	SecretID, SecretKey, SessionToken string

	Database string // the URL of the database's protocol
}

// Call returns the variables of a call in this context: TCB_… and WX_… variables
// of the caller, either of which may be nil.
func (e Environment) Call(tcb, wx map[string]string) map[string]string {
	config, _ := json.Marshal(map[string]string{"URL": e.Database})
	all := map[string]string{
		"TENCENTCLOUD_RUNENV":    "SCF",
		"TENCENTCLOUD_REGION":    cmp.Or(e.Region, Region),
		"TENCENTCLOUD_SECRETID":  e.SecretID,
		"TENCENTCLOUD_SECRETKEY": e.SecretKey,
		"SCF_NAMESPACE":          e.ID,
		"TCB_CONTEXT_CNFG":       string(config),
	}
	if e.SessionToken != "" {
		all["TENCENTCLOUD_SESSIONTOKEN"] = e.SessionToken
	}
	context := map[string]string{"TCB_ENV": e.ID, "TCB_SEQID": sequenceID()}
	maps.Copy(context, tcb)
	context["TCB_CONTEXT_KEYS"] = keysOf(context)
	maps.Copy(all, context)
	if len(wx) > 0 {
		user := map[string]string{"WX_APPID": AppID, "WX_CLIENTIP": "127.0.0.1"}
		maps.Copy(user, wx)
		user["WX_CONTEXT_KEYS"] = keysOf(user)
		maps.Copy(all, user)
	}
	return all
}

// MiniProgram returns the context of a call from a mini program. source is the
// chain of callers, "" where it calls directly.
func MiniProgram(source string) map[string]string {
	return map[string]string{
		"TCB_SOURCE":           cmp.Or(source, "wx_client"),
		"TCB_ISANONYMOUS_USER": "false",
		"TRIGGER_SRC":          "tcb",
	}
}

// As returns the variables of a call by the mini program's user with this OPENID,
// or with "" by the test button of the SCF console.
func (e Environment) As(openID string) map[string]string {
	if openID == "" {
		return e.Call(nil, nil)
	}
	return e.Call(MiniProgram(""), map[string]string{"WX_OPENID": openID})
}

func sequenceID() string {
	b := make([]byte, 8)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// keysOf lists variables as the platform does beside them. The official SDKs
// ignore a variable that isn't listed.
func keysOf(variables map[string]string) string {
	return strings.Join(slices.Sorted(maps.Keys(variables)), ",")
}
