// Package mongo evaluates MongoDB's filters, updates, projections and sort orders
// on documents in memory.
//
// Everything is parsed, and refused, before it meets a document:
//
//	doc, err := mongo.Decode(`{"members.3":{"$exists":false}}`)
//	filter, err := mongo.ParseFilter(doc)
//	if filter.Matches(room) { … }
//
// A document is a bson.D as Decode makes it, with the BSON types that JavaScript can
// hold: strings, booleans, null, int32, int64, double, dates, arrays, documents,
// ObjectIds, binaries, regular expressions, timestamps. A parsed Filter, Update,
// Projection or Order never changes and never changes a document, so any number of
// goroutines may use it.
//
// Comparing, cloning and the array operators are lungo's (bsonkit, mongokit). How a
// path reaches values, what is accepted, in which order fields appear and the error
// codes are MongoDB's own and written here. What isn't supported is refused by
// name, with code NotImplemented. In one thing this package is not MongoDB: patterns of
// regular expressions are Go's, so it refuses look-around and back-references.
package mongo
