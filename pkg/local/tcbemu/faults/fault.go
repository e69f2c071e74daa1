package faults

import (
	"fmt"
	"net/http"
	"time"
)

// A Kind is what goes wrong.
type Kind int

const (
	// None: nothing goes wrong. With a Delay the request arrives that much later, unless
	// the caller gives up before.
	None Kind = iota
	// LoseRequest: the request never arrives.
	LoseRequest
	// LoseReply: the request is carried out, but the reply never arrives.
	LoseReply
	// Late: the caller is left without a reply, and the request is carried out Delay
	// after that.
	Late
	// Duplicate: the request arrives twice. The caller gets the first reply; the second
	// request arrives Delay later.
	Duplicate
	// Resend: the request arrives twice, because something on the way lost the first
	// reply and tried again, Delay later. The caller gets the second reply.
	Resend
	// Refuse: something before the server answers, with Status and Code, after Delay.
	// The request isn't carried out.
	Refuse
	// Garble: as Refuse, but the request is carried out first.
	Garble
)

var kindNames = []string{"None", "LoseRequest", "LoseReply", "Late", "Duplicate", "Resend", "Refuse", "Garble"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// A Fault is the fate of one request. The zero Fault is none.
type Fault struct {
	Kind  Kind
	Delay time.Duration // as Kind says; LoseRequest and LoseReply have none

	// Silent makes a caller that gets no reply wait until it gives up. Otherwise its
	// connection breaks at once.
	Silent bool

	// Of Refuse and Garble: the HTTP status, 200 if 0, and CloudBase's code, none if "".
	Status int
	Code   string
}

// Faults that CloudBase itself makes.
var (
	// Busy: more requests at once than were paid for.
	Busy = Fault{Kind: Refuse, Code: "EXCEED_CONCURRENT_REQUEST_LIMIT"}
	// QuotaUsedUp: more requests today than were paid for.
	QuotaUsedUp = Fault{Kind: Refuse, Code: "EXCEED_REQUEST_LIMIT"}
	// Conflict: a transaction holds the document.
	Conflict = Fault{Kind: Refuse, Code: "DATABASE_TRANSACTION_CONFLICT"}
	// BadGateway: the reply came from something that doesn't know what became of the
	// request. It wasn't carried out; with Kind Garble it was.
	BadGateway = Fault{Kind: Refuse, Status: http.StatusBadGateway}
)

func (f Fault) String() string {
	text := f.Kind.String()
	if f.Delay != 0 {
		text += " " + f.Delay.String()
	}
	if f.Silent {
		text += " silent"
	}
	if f.Status != 0 {
		text += fmt.Sprintf(" %d", f.Status)
	}
	if f.Code != "" {
		text += " " + f.Code
	}
	return text
}
