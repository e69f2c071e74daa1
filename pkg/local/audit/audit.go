// Package audit checks all the settings of the functions at once, with the code that
// will read them. The deployer does so before it deploys, and the local server before
// the first call.
package audit

import (
	"errors"
	"slices"

	"webrtc-room/pkg/scf"
	"webrtc-room/pkg/settings"
	"webrtc-room/pkg/signin"
)

// Check returns what is missing or wrong, in the order of the settings' table.
// root is the repository, whose functions may have the signing key in a file.
func Check(root string, lookup settings.Lookup) []*settings.Error {
	problems := lookup.Check()
	add := func(err error) {
		var wrong *settings.Error
		if !errors.As(err, &wrong) {
			return
		}
		if !slices.ContainsFunc(problems, func(e *settings.Error) bool { return e.Name == wrong.Name }) {
			problems = append(problems, wrong)
		}
	}
	if app, err := lookup.AppID(); err == nil && app == 0 {
		add(settings.Missing("TRTC_SDK_APP_ID"))
	}
	_, err := signin.FindKeyIn(root, lookup)
	add(err)
	add(scf.CheckSettings(lookup))
	slices.SortStableFunc(problems, func(a, b *settings.Error) int { return position(a.Name) - position(b.Name) })
	return problems
}

// position is where a setting stands in the table. A file stands behind.
func position(name string) int {
	all := settings.All()
	i := slices.IndexFunc(all, func(s settings.Setting) bool { return s.Name == name })
	if i < 0 {
		return len(all)
	}
	return i
}
