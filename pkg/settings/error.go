package settings

// A Text is a sentence in both languages.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In returns the sentence in the language "zh" or "en", and for any other in
// both: then nobody knows what the reader reads.
func (t Text) In(language string) string {
	switch {
	case language == "zh":
		return t.ZH
	case language == "en":
		return t.EN
	}
	return t.ZH + "; " + t.EN
}

// An Error says which variable is missing or wrong. It never has the value.
type Error struct {
	Name    string
	File    bool // it is no variable but a file of the function's package
	Problem Text
}

// Wrong returns the error of a variable.
func Wrong(name string, problem Text) *Error { return &Error{Name: name, Problem: problem} }

// Missing returns the error of a variable that isn't set where it has to be.
func Missing(name string) *Error { return Wrong(name, Named(name).missing) }

// Text says what is wrong with what.
func (e *Error) Text() Text {
	return Text{e.Name + "：" + e.Problem.ZH, e.Name + ": " + e.Problem.EN}
}

// Error is In both languages: it is for whoever called a function, on a laptop or
// in the cloud.
func (e *Error) Error() string { return e.In("") }

// In says what is wrong, and where to set it; see Text.In.
func (e *Error) In(language string) string {
	t := e.Text()
	if e.File {
		return Text{
			"文件 " + t.ZH + "（请在函数目录中替换它并重新部署）",
			"the file " + t.EN + " (replace it in the function's folder, and deploy again)",
		}.In(language)
	}
	return Text{
		"环境变量 " + t.ZH + "（请在 .env 中设置并重新部署，或在 SCF 控制台「函数配置 > 环境变量」中设置；在本机，请在终端中设置并重启本地服务）",
		"the variable " + t.EN + " (set it in .env and deploy again, or in the SCF console under 函数配置 > 环境变量; on a laptop, set it in the shell and start the local server again)",
	}.In(language)
}
