package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"callmanager/client"
	"callmanager/cmd/cmctl/histogram"
)

func init() {
	roles["api"] = func(ctx context.Context) error {
		p := &apiPath{ctx: ctx}
		return serveOrders(p.do)
	}
	roles["api-sink"] = func(ctx context.Context) error {
		return serveOrders(func(order) (moved, error) { return moved{}, takeAll(ctx) })
	}
}

// requestsOfCycle are CreateVC, MakeCall, CloseCall and DeleteVC.
const requestsOfCycle = 4

// apiCall are the options of the calls, with rings that are as small as there are.
var apiCall = &client.CallOptions{SendRing: benchRing, ReceiveRing: benchRing}

// apiPath is many clients of a daemon in one process.
type apiPath struct {
	ctx   context.Context //nolint:containedctx // it is the process's life
	conns []*client.Conn
	held  []*client.VC
}

// do performs an order.
func (p *apiPath) do(o order) (moved, error) {
	switch o.Do {
	case "dial":
		return moved{}, p.dial(o.N)
	case "cycles":
		return p.cycles(o.Wide, o.For)
	case "create":
		return moved{}, p.spread(o.N, manyWide, func(c *client.Conn, _ int) error {
			_, err := c.CreateVC(p.ctx)
			return err
		})
	case "hold":
		p.held = make([]*client.VC, o.N)
		return moved{}, p.spread(o.N, o.Wide, func(c *client.Conn, i int) (err error) {
			p.held[i], err = c.Call(p.ctx, os.Getenv(destEnv), apiCall)
			return err
		})
	case "fill":
		for _, v := range p.held[:o.N] {
			if err := fillRing(p.ctx, v); err != nil {
				return moved{}, err
			}
		}
		return moved{}, nil
	}
	return moved{}, fmt.Errorf("no order %q", o.Do)
}

// dial connects until there are n clients.
func (p *apiPath) dial(n int) error {
	for len(p.conns) < n {
		c, err := client.Dial(p.ctx, client.Options{Socket: os.Getenv(socketEnv), Name: "api"})
		if err != nil {
			return err
		}
		p.conns = append(p.conns, c)
	}
	return nil
}

// spread does something n times, so many at a time, by the clients in turn.
func (p *apiPath) spread(n, wide int, do func(c *client.Conn, i int) error) error {
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range n {
			next <- i
		}
	}()
	_, err := atOnce(wide, func() (m moved, err error) {
		for i := range next {
			err = errors.Join(err, do(p.conns[i%len(p.conns)], i))
		}
		return m, err
	})
	return err
}

// cycles has so many clients make calls for a time, one after the other each.
func (p *apiPath) cycles(clients int, d time.Duration) (moved, error) {
	var times histogram.Histogram
	began := time.Now()
	var mu sync.Mutex
	next := 0
	_, err := atOnce(clients, func() (m moved, err error) {
		mu.Lock()
		c := p.conns[next]
		next++
		mu.Unlock()
		for err == nil && time.Since(began) < d {
			start := time.Now()
			err = p.cycle(c)
			times.Add(time.Since(start))
		}
		return m, err
	})
	return moved{SDUs: int(times.Count()), Time: time.Since(began), P50: times.Quantile(0.50), P99: times.Quantile(0.99)}, err
}

// cycle makes one call on a VC of its own.
func (p *apiPath) cycle(c *client.Conn) error {
	h, err := c.CreateVC(p.ctx)
	if err != nil {
		return err
	}
	v, err := c.MakeCall(p.ctx, h, os.Getenv(destEnv), apiCall)
	if err == nil {
		err = v.Close()
	}
	return errors.Join(err, c.DeleteVC(p.ctx, h))
}

// fill sends more than both rings of the call have room for.
func fillRing(ctx context.Context, v *client.VC) error {
	sdu := client.SDU{Payload: make([]byte, v.MaxSend())}
	for sent := 0; sent < 2*benchRing; sent += len(sdu.Payload) {
		if err := v.Send(ctx, sdu); err != nil {
			return err
		}
	}
	return nil
}

// takeAll has all calls accepted from now on, and what comes on them read until they are released.
func takeAll(ctx context.Context) error {
	c, err := client.Dial(ctx, client.Options{Socket: os.Getenv(socketEnv), Name: "sink"})
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(os.Getenv(selectorEnv), 10, 8)
	if err != nil {
		return err
	}
	selector := uint8(n)
	l, err := c.Listen(ctx, client.SAP{Selector: &selector, SendRing: benchRing, ReceiveRing: benchRing})
	if err != nil {
		return err
	}
	go func() {
		for {
			o, err := l.Accept(ctx)
			if err != nil {
				return // the daemon has gone
			}
			go take(ctx, o)
		}
	}()
	return nil
}

// take accepts a call and reads what comes.
func take(ctx context.Context, o *client.Offer) {
	v, err := o.Accept(ctx)
	if err != nil {
		return // the caller hears of it
	}
	buf := make([]byte, v.MaxReceive())
	for err == nil {
		_, err = v.Recv(ctx, buf)
	}
	_ = v.Close() // likewise
}
