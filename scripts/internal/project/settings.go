package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"webrtc-room/pkg/settings"
)

// Settings are the variables that the deployer has set: in the environment, or in
// the files .env and .env.local of the project, which the deployment tools read
// as well. As in those tools, the environment comes first and .env last.
type Settings map[string]string

// LoadSettings reads the settings. With a name, they are those of one environment of
// several: its file .env.NAME takes the place of .env, has to be there, and has to say
// which environment it is about, so that nothing of another one is used by mistake. A
// variable that is set to nothing but white space isn't set.
func (p Project) LoadSettings(environ []string, name string) (Settings, error) {
	if name == "" {
		return p.load(environ, ".env", ".env.local")
	}
	file := ".env." + name
	own, err := p.load(nil, file)
	switch {
	case err != nil:
		return nil, err
	case own["TCB_ENV_ID"] == "":
		return nil, &FileError{file, settings.Text{
			ZH: "没有这个文件，或其中没有 TCB_ENV_ID：请把这个环境的 ID 写进去",
			EN: "there is no such file, or it has no TCB_ENV_ID: write the id of that environment into it",
		}}
	}
	return p.load(environ, file)
}

// A FileError says what is wrong with a file of settings.
type FileError struct {
	File    string
	Problem settings.Text
}

func (e *FileError) Error() string { return e.In("") }

// In is Error in one language; see settings.Text.
func (e *FileError) In(language string) string {
	return settings.Text{ZH: e.File + "：" + e.Problem.ZH, EN: e.File + ": " + e.Problem.EN}.In(language)
}

// LoadServerless reads the settings as the Serverless Framework does, whose second
// file is another: that of serverless.yml's stage.
func (p Project) LoadServerless(environ []string) (Settings, error) {
	return p.load(environ, ".env", ".env.prod")
}

func (p Project) load(environ []string, files ...string) (Settings, error) {
	all := make(Settings)
	for _, name := range files {
		text, err := os.ReadFile(p.Path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := all.parse(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			all[name] = value
		}
	}
	for name, value := range all {
		if strings.TrimSpace(value) == "" {
			delete(all, name)
		}
	}
	return all, nil
}

// parse reads lines of NAME=value, with comments and with quotes around values.
// What the tools' own readers might take differently is refused.
func (s Settings) parse(text string) error {
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if wrong := unlikelyLine(name, value); wrong != (settings.Text{}) {
			return &LineError{number + 1, wrong}
		}
		if !ok || name == "" {
			return &LineError{number + 1, settings.Text{ZH: "应为 名称=值", EN: "expected NAME=value"}}
		}
		if value != "" && strings.ContainsRune("\"'`", rune(value[0])) {
			end := strings.IndexByte(value[1:], value[0])
			if end < 0 {
				return &LineError{number + 1, settings.Text{
					ZH: name + " 的引号没有在同一行结束；" + onePEM.ZH,
					EN: "the quotation mark of " + name + " isn't closed on its line; " + onePEM.EN,
				}}
			}
			value = value[1 : 1+end]
		} else if before, _, comment := strings.Cut(value, " #"); comment {
			value = strings.TrimSpace(before)
		}
		s[name] = value
	}
	return nil
}

// onePEM says how a private key is written in a line.
var onePEM = settings.Text{
	ZH: "私钥要写成一行：换行处写 \\n，或整个转成 base64；也可以放进 functions/<name>/config/private_key",
	EN: "a private key is written in one line, with \\n for its line ends or in base64, or put into functions/<name>/config/private_key",
}

// unlikelyLine says what is wrong with a line that can't be meant as it is.
func unlikelyLine(name, value string) settings.Text {
	switch {
	case strings.ContainsAny(name, "＝："):
		return settings.Text{ZH: "名称后面是全角的「＝」或「：」，请改用半角的 =", EN: "there is a full-width ＝ or ： behind the name: type = instead"}
	case strings.Contains(name, "-----END"), strings.Contains(value, "-----BEGIN") && !strings.Contains(value, "-----END") && !strings.ContainsAny(value[:1], "\"'`"):
		return settings.Text{ZH: "私钥占了好几行，" + onePEM.ZH, EN: "a private key is here in several lines; " + onePEM.EN}
	}
	return settings.Text{}
}

// A LineError says what is wrong with a line of a file of settings.
type LineError struct {
	Line    int
	Problem settings.Text
}

func (e *LineError) Error() string { return e.In("") }

// In is Error in one language; see settings.Text.
func (e *LineError) In(language string) string {
	return settings.Text{
		ZH: fmt.Sprintf("第 %d 行：%s", e.Line, e.Problem.ZH),
		EN: fmt.Sprintf("line %d: %s", e.Line, e.Problem.EN),
	}.In(language)
}

// Lookup finds the functions' variables among the settings.
func (s Settings) Lookup(name string) string { return s[name] }

// Secrets returns the secret settings' values by name.
func (s Settings) Secrets() map[string]string { return settings.Lookup(s.Lookup).Secrets() }

// Redact covers the secret settings' values in a text.
func (s Settings) Redact(text string) string { return settings.Redact(text, s.Secrets()) }

// Environ is the environment for a child process: environ, with the settings of
// the project's files.
func (s Settings) Environ(environ []string) []string {
	environ = slices.Clone(environ)
	for name, value := range s {
		environ = append(environ, name+"="+value)
	}
	return environ
}
