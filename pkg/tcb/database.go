package tcb

import (
	"context"
	"errors"
)

// Database is the document database of an environment.
type Database struct {
	app *App
}

// Database returns the environment's document database.
func (a *App) Database() *Database { return &Database{a} }

// Collection returns a collection by its name, whether it exists or not.
func (db *Database) Collection(name string) *Collection {
	return &Collection{db.app, name}
}

// CreateCollection creates a collection. If there is one already, the error is
// ErrCollectionExists.
func (db *Database) CreateCollection(ctx context.Context, name string) error {
	c := call{action: "database.addCollection", writes: true, params: []param{{name: "collectionName", value: name}}}
	if name == "" {
		return invalid(c.action, errNoName)
	}
	return db.app.do(ctx, c, nil)
}

// Create is CreateCollection for this collection.
func (c *Collection) Create(ctx context.Context) error {
	return c.app.Database().CreateCollection(ctx, c.name)
}

var errNoName = errors.New("a collection needs a name")
