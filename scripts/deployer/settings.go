package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"webrtc-room/pkg/local/audit"
)

// envIDs are what CloudBase environment ids look like. An id is also the name of
// the SCF namespace that the functions go to.
var envIDs = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,62}$`)

// checkSettings reports all settings that are missing or wrong, using the code
// that will read them in the cloud. It also brings them into the form in which
// they survive the way there.
func (d *deployment) checkSettings() error {
	var problems []error
	switch id := d.settings["TCB_ENV_ID"]; {
	case id == "":
		problems = append(problems, errors.New("TCB_ENV_ID is not set: take the environment id from the CloudBase console (云开发控制台 > 设置 > 环境 ID)"))
	case !envIDs.MatchString(id):
		problems = append(problems, fmt.Errorf("TCB_ENV_ID: %q is no environment id, such as prod-1gabcd2e3f4g5h6i", id))
	}
	if d.settings["ROOM_MAX_MEMBERS"] == "" {
		// The CLI sends a function's variables only if there are any, and would
		// leave those of last time.
		d.settings["ROOM_MAX_MEMBERS"] = "4"
	}
	if key := d.settings["TRTC_PRIVATE_KEY"]; strings.Contains(key, "-----BEGIN") {
		pem := strings.ReplaceAll(key, `\n`, "\n")
		d.settings["TRTC_PRIVATE_KEY"] = base64.StdEncoding.EncodeToString([]byte(pem))
	}
	for _, wrong := range audit.Check(d.project.Root, d.settings.Lookup) {
		// Without where to set it in the cloud: here is where.
		problems = append(problems, errors.New(wrong.Text().In(d.language)))
	}
	size := 0
	for _, name := range d.variables(d.functions...) {
		value := d.settings[name]
		size += len(name) + len(value)
		if problem := unfit(value); problem != "" {
			problems = append(problems, fmt.Errorf("%s %s", name, problem))
		}
	}
	if size > 4000 {
		problems = append(problems, fmt.Errorf("the settings have %d bytes, and SCF takes 4 KB for a function", size))
	}
	if len(problems) > 0 {
		return fmt.Errorf("these settings are missing or wrong; set them in the environment, or in a file .env in %s:\n%w", d.project.Root, errors.Join(problems...))
	}
	return nil
}

// unfit says why the CLI would not pass a value on as it is: it pastes values into
// JSON without quoting them, and then reads as an object what looks like one.
func unfit(value string) string {
	switch {
	case strings.ContainsFunc(value, unicode.IsControl):
		return "has a line break or a control character in it, which the CloudBase CLI can't pass on"
	case strings.ContainsAny(value, `"\`):
		return `has a " or a \ in it, which the CloudBase CLI can't pass on`
	case strings.HasPrefix(value, "{") || strings.HasPrefix(value, "["):
		return "looks like JSON, which the CloudBase CLI would not pass on as text"
	}
	return ""
}
