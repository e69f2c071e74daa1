// Package readme has nothing but tests: that README.md and README.zh-CN.md have the
// same commands, and that each of them does what is said there. They run in a clone
// of the repository, as a newcomer would run them, in the order of the page.
//
// A command that these tests don't know fails them: put it into the table of
// commands_test.go.
package readme
