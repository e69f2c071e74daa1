// Package settings has the configuration variables of the functions, in one
// table: what each is called, which functions read it, whether it is a secret,
// its default, and what is wrong with a value that can't be right.
//
// A function reads a variable by its name:
//
//	func open(lookup settings.Lookup) (scf.Handler, error) {
//		seats, err := lookup.Int("ROOM_MAX_MEMBERS")
//
// The value has been held against the table then, and is the default where the
// variable isn't set. An error is an *Error, whose text says in Chinese and in
// English what to set where, without the value. Reading a name that the table
// doesn't have is a mistake in the program, and panics.
//
// Everything that handles variables goes by the same table. The local server passes
// the developer's on, ./scripts/deploy and the doctor check them, and Redact removes
// the secret ones from texts. Tests hold serverless.yml and the tables of both READMEs
// against it. To add a variable, add it here: the tests that fail then say where else
// it has to stand.
//
// Package signin reads the signing key, which may also be in a file. It is not
// here because four functions don't sign, and would be half a megabyte larger.
package settings

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A Setting is a configuration variable of the functions.
type Setting struct {
	Name    string
	For     []string // the functions that read it; nil stands for all
	Secret  bool     // the value must not be shown
	Default string   // what holds where it isn't set; "" for nothing

	Min, Max int // of a whole number; Max is 0 for anything else

	needs   string            // the variable without which this one is of no use
	check   func(string) Text // what is wrong with a value; nil takes any
	warn    func(string) Text // what whoever deploys the value should know
	missing Text              // what to set where a function can't do without
}

// All returns the table.
func All() []Setting { return slices.Clone(table) }

// Named returns the setting with this name.
func Named(name string) Setting {
	i := slices.IndexFunc(table, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		panic("settings: the table has no " + name)
	}
	return table[i]
}

// IsFor reports whether a function reads the setting.
func (s Setting) IsFor(function string) bool { return s.For == nil || slices.Contains(s.For, function) }

// A Lookup finds a variable's text by its name. A variable that isn't set is "".
type Lookup func(name string) string

// Text returns a variable, or its default.
func (l Lookup) Text(name string) (string, error) {
	s := Named(name)
	value := s.value(l)
	if wrong := s.problem(l, value); wrong != (Text{}) {
		return "", Wrong(name, wrong)
	}
	return cmp.Or(value, s.Default), nil
}

// Required returns a variable that the function can't do without.
func (l Lookup) Required(name string) (string, error) {
	value, err := l.Text(name)
	if err == nil && value == "" {
		err = Missing(name)
	}
	return value, err
}

// Bool returns a variable that is true or false.
func (l Lookup) Bool(name string) (bool, error) {
	text, err := l.Text(name)
	return isTrue(text), err
}

// Int returns a variable that is a whole number.
func (l Lookup) Int(name string) (int, error) {
	text, err := l.Text(name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text) // as problem did
}

// AppID returns TRTC_SDK_APP_ID, 0 where it isn't set.
func (l Lookup) AppID() (uint32, error) {
	text, err := l.Text("TRTC_SDK_APP_ID")
	if text == "" || err != nil {
		return 0, err
	}
	id, err := strconv.ParseUint(text, 10, 32)
	return uint32(id), err
}

// URL returns a variable that is a server's host or URL.
func (l Lookup) URL(name string) (*url.URL, error) {
	text, err := l.Text(name)
	if err != nil {
		return nil, err
	}
	u, _ := parseEndpoint(text) // as check did
	return u, nil
}

// List returns a variable that has several values, between commas or spaces.
func (l Lookup) List(name string) ([]string, error) {
	text, err := l.Text(name)
	return split(text), err
}

// Check returns what is wrong with each variable by itself, for a look before
// they are deployed. What the keys hold is for those to say who read them: see
// package signin and package bearer.
func (l Lookup) Check() (problems []*Error) {
	for _, s := range table {
		if wrong := s.problem(l, s.value(l)); wrong != (Text{}) {
			problems = append(problems, Wrong(s.Name, wrong))
		}
	}
	return problems
}

// Warnings returns what whoever deploys these values should know, though the
// functions take them.
func (l Lookup) Warnings() (warnings []*Error) {
	for _, s := range table {
		value := s.value(l)
		if value == "" || s.warn == nil {
			continue
		}
		if warning := s.warn(value); warning != (Text{}) {
			warnings = append(warnings, Wrong(s.Name, warning))
		}
	}
	return warnings
}

func (s Setting) value(l Lookup) string { return strings.TrimSpace(l(s.Name)) }

// problem says what is wrong with the value.
func (s Setting) problem(l Lookup, value string) Text {
	if value == "" {
		return Text{}
	}
	if wrong := unlikely(value); wrong != (Text{}) {
		return wrong
	}
	if s.Max > 0 {
		if n, err := strconv.Atoi(value); err != nil || n < s.Min || n > s.Max {
			return outside(s.Min, s.Max)
		}
	}
	if s.check != nil {
		if wrong := s.check(value); wrong != (Text{}) {
			return wrong
		}
	}
	if on, err := strconv.ParseBool(value); s.needs != "" && (on || err != nil) && Named(s.needs).value(l) == "" {
		return alone(s.needs)
	}
	return Text{}
}
