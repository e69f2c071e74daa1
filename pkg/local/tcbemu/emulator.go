package tcbemu

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
	"webrtc-room/pkg/local/tcbemu/internal/store"
)

// Config says what an Emulator is for.
type Config struct {
	// Path is the file that documents are kept in, made if it isn't there. The folder
	// must be. "" keeps them in memory.
	Path string
	// Sync waits for the disk with every write, so that not even a power cut loses one.
	Sync bool

	// Indexes are the ordered indexes of collections that have any, by the collection's
	// name, as the Extended JSON of CloudBase's console: {"created":-1,"_id":-1}. They
	// change no answer. A query that asks for an index's order, or the opposite one,
	// doesn't sort; one for a value in an index of one field doesn't look at the rest.
	Indexes map[string][]string

	// EnvID is the environment that requests must be for; "" takes all.
	EnvID string
	// Keys has the SecretKey of each SecretId that may sign requests.
	Keys map[string]string

	// SessionTokens has the session token of each SecretId that is temporary, as those
	// of functions are. A request signed with such a key must have it.
	SessionTokens map[string]string

	// Invoke calls a function for functions.invokeFunction. Its result is JSON. An error
	// that wraps ErrFunctionNotFound becomes FUNCTION_NOT_FOUND, any other one
	// FUNCTIONS_EXECUTE_FAIL with its text. The context is not cancelled when the
	// caller hangs up: the platform lets the function go on, too.
	Invoke func(context.Context, FunctionCall) ([]byte, error)

	// Now is the clock, time.Now if nil.
	Now func() time.Time

	// Observe sees each request before the reply is sent, in the goroutine that serves
	// it, so whoever has the reply finds the request observed. It should be quick. What
	// it sees has documents in it: it is for a console, not for a log.
	Observe func(Request)
}

// A FunctionCall is a call of a function by another, or by a server.
type FunctionCall struct {
	Name  string
	Event []byte // as it was sent; empty if no data was
	// Source is what becomes the function's TCB_SOURCE: the chain of callers, such as
	// "wx_client,scf".
	Source string
	Header http.Header
}

// ErrFunctionNotFound is for Config.Invoke to return.
var ErrFunctionNotFound = errors.New("tcbemu: no such function")

// An Emulator is an http.Handler for CloudBase's endpoint. It is safe for concurrent use.
type Emulator struct {
	config      Config
	store       *store.Store
	requests    atomic.Uint64
	maxResponse int // bytes of documents
}

// Open opens the file and returns an Emulator. It fails soon if another process has the
// file open, and if the file is damaged or isn't one of documents.
func Open(config Config) (*Emulator, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Observe == nil {
		config.Observe = func(Request) {}
	}
	config.Keys = maps.Clone(config.Keys)
	indexes, err := parseIndexes(config.Indexes)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(store.Options{Path: config.Path, Sync: config.Sync, Indexes: indexes})
	if err != nil {
		return nil, err
	}
	return &Emulator{config: config, store: s, maxResponse: 16 << 20}, nil
}

func parseIndexes(texts map[string][]string) (store.Indexes, error) {
	docs := make(map[string][]bson.D)
	for name, keys := range texts {
		for _, text := range keys {
			key, err := mongo.Decode(text)
			if err != nil {
				return nil, fmt.Errorf("tcbemu: index %s of collection %q: %w", text, name, err)
			}
			docs[name] = append(docs[name], key)
		}
	}
	indexes, err := store.ParseIndexes(docs)
	if err != nil {
		return nil, fmt.Errorf("tcbemu: an index: %w", err)
	}
	return indexes, nil
}

// Close ends the use of the file. Requests that come later are answered with an error.
func (e *Emulator) Close() error { return e.store.Close() }

func (e *Emulator) secretKey(secretID string) (string, bool) {
	key, ok := e.config.Keys[secretID]
	return key, ok
}

func (e *Emulator) requestID(now time.Time) string {
	return strconv.FormatInt(now.UnixMilli(), 16) + "_" + strconv.FormatUint(e.requests.Add(1), 16)
}
