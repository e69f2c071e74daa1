package scf

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
)

// settings looks variables up in the invocation's environment first, where SCF
// puts them beside the caller, and then in the process, where a laptop does.
func settings(environment map[string]string) Settings {
	return func(name string) string {
		if value, ok := environment[name]; ok {
			return strings.TrimSpace(value)
		}
		return strings.TrimSpace(os.Getenv(name))
	}
}

// A SettingError says which variable is missing or wrong, and what to set where.
type SettingError struct {
	Name    string
	File    bool   // it is no variable but a file of the function's package
	Problem string // a sentence in Chinese and one in English, without the value
}

func (e *SettingError) Error() string {
	if e.File {
		return fmt.Sprintf("文件 %s：%s (replace it in the function's folder and deploy again)", e.Name, e.Problem)
	}
	return fmt.Sprintf("环境变量 %s：%s (set it in .env and deploy again, or in the SCF console under 函数配置 > 环境变量; on a laptop, in the shell, and start the server again)", e.Name, e.Problem)
}

// Bool returns a variable that is true or false; not set is false.
func (s Settings) Bool(name string) (bool, error) {
	text := s(name)
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, &SettingError{Name: name, Problem: "只能是 true 或 false; it must be true or false"}
	}
	return value, nil
}

// Int returns a variable that is a whole number within bounds, and the default
// where it isn't set.
func (s Settings) Int(name string, absent, low, high int) (int, error) {
	text := s(name)
	if text == "" {
		return absent, nil
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < low || value > high {
		return 0, &SettingError{Name: name, Problem: fmt.Sprintf("必须是 %d 到 %d 的整数; it must be a whole number from %[1]d to %d", low, high)}
	}
	return value, nil
}

// Check returns what is wrong with the settings that this package reads, for a
// look before they are deployed. Each error is a *SettingError.
func (s Settings) Check() (problems []error) {
	_, level := s.level()
	_, custom := s.Bool("ALLOW_CUSTOM_USER_ID")
	_, gate := openGate(s)
	for _, err := range []error{level, custom, gate} {
		if err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

func (s Settings) level() (level slog.Level, err error) {
	text := s("LOG_LEVEL")
	if text == "" {
		return slog.LevelInfo, nil
	}
	if err := level.UnmarshalText([]byte(text)); err != nil {
		return level, &SettingError{Name: "LOG_LEVEL", Problem: "只能是 debug、info、warn 或 error; it must be debug, info, warn or error"}
	}
	return level, nil
}
