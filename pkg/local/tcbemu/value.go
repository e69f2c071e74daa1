package tcbemu

import (
	"bytes"
	"encoding/json"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"webrtc-room/pkg/local/tcbemu/internal/mongo"
)

// serverDate is how the SDK writes db.serverDate({offset}).
const serverDate = "$tcb_server_date"

// fillDates replaces each server date in v, which it changes, by now and its offset.
func fillDates(v any, now time.Time) error {
	switch v := v.(type) {
	case bson.D:
		for i := range v {
			if err := fillDate(&v[i].Value, now); err != nil {
				return err
			}
		}
	case bson.A:
		for i := range v {
			if err := fillDate(&v[i], now); err != nil {
				return err
			}
		}
	}
	return nil
}

func fillDate(v *any, now time.Time) error {
	doc, ok := (*v).(bson.D)
	if !ok || len(doc) != 1 || doc[0].Key != serverDate {
		return fillDates(*v, now)
	}
	options, ok := doc[0].Value.(bson.D)
	if !ok {
		return invalid("%s must be an object with an offset", serverDate)
	}
	offset := int64(0)
	for _, e := range options {
		n, ok := mongo.Integer(e.Value)
		if e.Key != "offset" || !ok {
			return invalid("%s must be an object with an offset in milliseconds", serverDate)
		}
		offset = n
	}
	*v = primitive.DateTime(now.UnixMilli() + offset)
	return nil
}

// forReply returns doc with each ObjectId as its hexadecimal text, which is what the
// service's replies have. doc stays as it is.
func forReply(doc bson.D) bson.D {
	if !hasObjectID(doc) {
		return doc
	}
	return plain(doc).(bson.D)
}

func hasObjectID(v any) bool {
	switch v := v.(type) {
	case primitive.ObjectID:
		return true
	case bson.D:
		for _, e := range v {
			if hasObjectID(e.Value) {
				return true
			}
		}
	case bson.A:
		for _, item := range v {
			if hasObjectID(item) {
				return true
			}
		}
	}
	return false
}

func plain(v any) any {
	switch v := v.(type) {
	case primitive.ObjectID:
		return v.Hex()
	case bson.D:
		doc := make(bson.D, len(v))
		for i, e := range v {
			doc[i] = bson.E{Key: e.Key, Value: plain(e.Value)}
		}
		return doc
	case bson.A:
		array := make(bson.A, len(v))
		for i, item := range v {
			array[i] = plain(item)
		}
		return array
	default:
		return v
	}
}

// plainID writes an _id as JSON: a string is a string, a number a number.
func plainID(id any) (json.RawMessage, error) {
	text, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: plain(id)}}, false, false)
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(bytes.TrimPrefix(text, []byte(`{"v":`)), []byte("}")), nil
}
