package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"time"

	"webrtc-room/scripts/internal/project"
	"webrtc-room/scripts/load/compare"
)

// comparison has the flags of -compare and -cost.
type comparison struct {
	compare, cost bool
	json, node    bool
	held          bool
	chart         string
	prices        compare.Prices
}

func (c *comparison) define(flags *flag.FlagSet) {
	c.prices = compare.DefaultPrices()
	flags.BoolVar(&c.compare, "compare", false, "measure the functions beside a trivial one and the 2018 demo's way, instead of putting them under load")
	flags.BoolVar(&c.cost, "cost", false, "count what a meeting of four for half an hour takes, and costs, instead")
	flags.BoolVar(&c.json, "json", false, "with -compare or -cost: print JSON")
	flags.BoolVar(&c.node, "node", true, "with -compare or -cost: also the demo's way, whose packages are installed by npm ci --ignore-scripts below .local")
	flags.BoolVar(&c.held, "held", true, "with -compare: again with each process held to 0.25 and to 0.1 of a core, where Linux control groups are there to do so")
	flags.StringVar(&c.chart, "chart", "", "with -compare: write compare-en.svg and compare-zh.svg into this `folder`")
	flags.Float64Var(&c.prices.Invocations, "price-invocations", c.prices.Invocations, "with -cost: `yuan` for 10,000 invocations")
	flags.Float64Var(&c.prices.GBSecond, "price-gb-second", c.prices.GBSecond, "with -cost: `yuan` for a GB-second")
	flags.Float64Var(&c.prices.Reads, "price-reads", c.prices.Reads, "with -cost: `yuan` for 10,000 reads of the database")
	flags.Float64Var(&c.prices.Writes, "price-writes", c.prices.Writes, "with -cost: `yuan` for 10,000 writes of the database")
}

func (c *comparison) run(ctx context.Context, here project.Project, out io.Writer) error {
	if c.chart != "" {
		if err := os.MkdirAll(c.chart, 0o777); err != nil { // before minutes of measuring
			return err
		}
	}
	progress := newProgress(os.Stderr, isTerminal(os.Stderr))
	config := compare.Config{
		Root: here.Root, Dir: here.Path(filepath.Join(".local", "load")), Node: c.node, Out: os.Stderr,
		Firsts: 5, Rounds: 10, Calls: 20, Budget: 180 * time.Second,
	}
	if c.held {
		config.Shares = []float64{0.25, 0.1}
	}
	if c.cost && !c.compare {
		config.Firsts, config.Rounds, config.Shares = 1, 1, nil
	}
	config.Progress = progress.say
	report, err := compare.Run(ctx, config)
	progress.end()
	if ctx.Err() != nil {
		return errors.Join(errCutShort, ctx.Err())
	}
	if err != nil {
		return err
	}
	if c.chart != "" {
		err = report.WriteCharts(c.chart) // after which the table is printed all the same
	}
	if c.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return errors.Join(err, encoder.Encode(report))
	}
	if c.compare {
		report.Print(out)
	}
	if c.cost {
		report.PrintCost(out, c.prices)
	}
	return err
}
