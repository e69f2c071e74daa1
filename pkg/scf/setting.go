package scf

import (
	"log/slog"
	"os"

	"webrtc-room/pkg/settings"
)

// lookupIn looks variables up in the invocation's environment first, where SCF
// puts them beside the caller, and then in the process, where a laptop does.
func lookupIn(environment map[string]string) settings.Lookup {
	return func(name string) string {
		if value, ok := environment[name]; ok {
			return value
		}
		return os.Getenv(name)
	}
}

// logLevel is LOG_LEVEL.
func logLevel(lookup settings.Lookup) (level slog.Level, err error) {
	text, err := lookup.Text("LOG_LEVEL")
	if err == nil {
		err = level.UnmarshalText([]byte(text))
	}
	return level, err
}
