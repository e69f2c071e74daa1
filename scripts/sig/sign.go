package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"webrtc-room/pkg/sig"
)

func (c *command) sign() error {
	if err := c.checkWhom(); err != nil {
		return err
	}
	verifyKey, err := c.key()
	if err != nil {
		return err
	}
	key, ok := verifyKey.(sig.Key)
	if !ok {
		return errors.New("this is a public key, which can't sign; use the private_key file")
	}
	s, err := sig.NewSigner(uint32(c.app), key, c.accountType)
	if err != nil {
		return err
	}
	s.PlainBase64, s.WideIDs = c.plain, c.wide
	if c.batch {
		return c.signLines(s)
	}
	token, err := sign(s, c.user, c.room, c.privileges, c.now(), *c.lifetime)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, token)
	return nil
}

func sign(s *sig.Signer, user string, room sig.Room, p sig.Privilege, now time.Time, lifetime time.Duration) (string, error) {
	if room == (sig.Room{}) {
		return s.UserSig(user, now, lifetime)
	}
	return s.PrivateMapKey(user, room, p, now, lifetime)
}

// signLines signs for each JSON object of the input and answers each with one, for
// programs that compare.
func (c *command) signLines(s *sig.Signer) error {
	type reply struct {
		Token string `json:"token,omitempty"`
		Error string `json:"error,omitempty"`
	}
	in, out := json.NewDecoder(bufio.NewReader(c.stdin)), json.NewEncoder(c.stdout)
	for in.More() {
		q := struct {
			UserID    string
			RoomID    *uint32
			RoomName  *string
			Privilege sig.Privilege
			At        int64
			Lifetime  int64 // seconds
		}{Privilege: c.privileges, At: c.now().Unix(), Lifetime: int64(*c.lifetime / time.Second)}
		if err := in.Decode(&q); err != nil {
			return fmt.Errorf("the input is no JSON that -batch takes: %w", err)
		}
		var room sig.Room
		if q.RoomID != nil {
			room = sig.RoomNumber(*q.RoomID)
		}
		if q.RoomName != nil {
			room = sig.RoomName(*q.RoomName)
		}
		token, err := sign(s, q.UserID, room, q.Privilege, time.Unix(q.At, 0), time.Duration(q.Lifetime)*time.Second)
		r := reply{Token: token}
		if err != nil {
			r = reply{Error: err.Error()}
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
