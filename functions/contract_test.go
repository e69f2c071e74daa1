package functions_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestContract calls the functions as testdata/contract.json has it, which was recorded
// before there were private rooms and bans. Clients that know nothing of these get the
// replies that they got then.
func TestContract(t *testing.T) {
	text, err := os.ReadFile("testdata/contract.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Calls []struct {
			Function string          `json:"function"`
			OpenID   string          `json:"openid"`
			Event    json.RawMessage `json:"event"`
			Reply    map[string]any  `json:"reply"`
		} `json:"calls"`
	}
	if err := json.Unmarshal(text, &recorded); err != nil || len(recorded.Calls) == 0 {
		t.Fatalf("%d calls, %v", len(recorded.Calls), err)
	}
	cloud := newCloud(t, map[string]string{"TRTC_SDK_APP_ID": "1400000001", "TRTC_SECRET_KEY": secretKey})
	for i, c := range recorded.Calls {
		result := cloud.invoke(t, c.Function, c.OpenID, string(c.Event), 0)
		var got map[string]any
		if err := json.Unmarshal(result.Payload, &got); err != nil {
			t.Fatalf("call %d, %s: %s, %v", i+1, c.Function, result.Payload, result.Error)
		}
		mask(c.Reply)
		mask(got)
		if diff := cmp.Diff(c.Reply, got); diff != "" {
			t.Errorf("call %d, %s as %q with %s: %s", i+1, c.Function, c.OpenID, c.Event, diff)
		}
	}
}

// masks stand for the values that differ from run to run.
var masks = map[string]struct {
	pattern *regexp.Regexp
	mask    string
}{
	"createTime":    {regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`), "<date>"},
	"expireAt":      {regexp.MustCompile(`^\d\.\d+e\+09$`), "<time>"},
	"privateMapKey": {regexp.MustCompile(`^[\w*-]{100,}$`), "<token>"},
	"userSig":       {regexp.MustCompile(`^[\w*-]{100,}$`), "<token>"},
	"roomID":        {regexp.MustCompile(`^[1-9]\d{7}$`), "<id>"},
	"sdkAppID":      {regexp.MustCompile(`^1\.\d+e\+09$`), "<app>"},
}

// mask replaces these values, wherever they are in a reply. It leaves out what has changed
// since: rooms have gained memberCount and pages next, and a creator's key that there is
// none of is left out instead of empty.
func mask(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			mask(element)
		}
	case map[string]any:
		delete(value, "memberCount")
		delete(value, "next")
		if value["privateMapKey"] == "" {
			delete(value, "privateMapKey")
		}
		for name, field := range value {
			if m := masks[name]; m.pattern != nil && m.pattern.MatchString(fmt.Sprint(field)) {
				value[name] = m.mask
				continue
			}
			mask(field)
		}
	}
}
