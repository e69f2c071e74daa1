package console

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// sampleEvent is a function's event.json, in one line.
func (s *Server) sampleEvent(name string) string {
	text, err := os.ReadFile(filepath.Join(s.config.Root, "functions", name, "event.json"))
	var line bytes.Buffer
	if err != nil || json.Compact(&line, text) != nil {
		return "{}"
	}
	return line.String()
}

// Curl is the command that calls a function as alice. Its quotes are understood
// by Unix shells and by the Windows command prompt.
func (s *Server) Curl(function, event string) string {
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(event) + `"`
	return `curl -H "X-WX-OPENID: alice" -d ` + quoted + ` ` + s.URL + "/v1/functions/" + function
}
