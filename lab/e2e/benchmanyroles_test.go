package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"callmanager/client"
	"callmanager/vc"
)

// manyVCs are VCs that a client keeps from one order to the next.
type manyVCs struct {
	plain, paced []*client.VC // without a contract, and with one
	came         arrivals
}

// arrivals counts what came on many VCs.
type arrivals struct {
	sdus, started atomic.Int64 // since the clock was started, and those by which
	first, last   atomic.Int64 // when, in ns since epoch; 0 before the first
}

// epoch is what arrivals count time from.
var epoch = time.Now()

// note counts SDUs that have just come. Those of the first batch only start the clock.
func (a *arrivals) note(n int) {
	now := int64(time.Since(epoch))
	if a.first.CompareAndSwap(0, now) {
		a.started.Add(int64(n))
	} else {
		a.sdus.Add(int64(n))
	}
	a.last.Store(now)
}

// reset begins to count anew.
func (a *arrivals) reset() {
	for _, v := range []*atomic.Int64{&a.sdus, &a.started, &a.last, &a.first} {
		v.Store(0)
	}
}

// doMany performs the orders that are about many VCs.
func (p *vcPath) doMany(o order) (moved, error) {
	switch o.Do {
	case "open many":
		return moved{}, p.openMany(o.N, o.Contracts, o.Wide)
	case "accept many":
		return moved{}, p.acceptMany(o.N)
	case "send many":
		return p.sendMany(o)
	case "forget many":
		p.many.came.reset()
		return moved{}, nil
	case "receive many":
		return p.receiveMany(o.N)
	case "send paced":
		return p.sendPaced(o)
	case "receive paced":
		return p.receivePaced(o.N)
	case "ignore":
		return p.called(func(v *client.VC) (moved, error) {
			<-v.Released()
			return moved{}, nil
		})
	}
	return moved{}, fmt.Errorf("no order %q", o.Do)
}

// contractRate is the rate of each contract among many.
const contractRate vc.BitRate = 1e6

// openMany makes n calls, of which the first have contracts, so many at a time, and keeps them.
func (p *vcPath) openMany(n, contracts, wide int) error {
	vcs := make([]*client.VC, n)
	next, failed := make(chan int), make(chan error, wide)
	var workers sync.WaitGroup
	for range wide {
		workers.Go(func() {
			for i := range next {
				o := &client.CallOptions{}
				if i < contracts {
					o = reserve(contractRate)
				}
				o.SendRing, o.ReceiveRing = benchRing, benchRing
				var err error
				if vcs[i], err = p.c.Call(p.ctx, os.Getenv(destEnv), o); err != nil {
					failed <- fmt.Errorf("call %d of %d: %w", i, n, err)
					return
				}
			}
		})
	}
	err := func() error {
		defer close(next)
		for i := range n {
			select {
			case next <- i:
			case err := <-failed:
				return err
			}
		}
		return nil
	}()
	workers.Wait()
	select {
	case err = <-failed:
	default:
	}
	p.many.paced, p.many.plain = vcs[:contracts], vcs[contracts:]
	return err
}

// acceptMany accepts n calls, and has all that comes on them counted until they are released.
func (p *vcPath) acceptMany(n int) error {
	var accepting sync.WaitGroup
	failed := make(chan error, n)
	for range n {
		o, err := p.listener.Accept(p.ctx)
		if err != nil {
			return err
		}
		accepting.Go(func() {
			v, err := o.Accept(p.ctx)
			if err != nil {
				failed <- err
				return
			}
			go func() { _ = countAll(p.ctx, v, p.many.came.note) }() // for as long as the call or this process lives
		})
	}
	accepting.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// countAll receives until the call is released, and tells how many SDUs come.
func countAll(ctx context.Context, v *client.VC, note func(n int)) error {
	sdus := make([]client.SDU, manyBatch)
	for i := range sdus {
		sdus[i].Payload = make([]byte, v.MaxReceive())
	}
	for {
		n, err := v.RecvBatch(ctx, sdus)
		if errors.Is(err, io.EOF) {
			return v.Close()
		}
		if err != nil {
			return err
		}
		note(n)
	}
}

// manyBatch is how many SDUs a client puts into one of many rings, or takes out, at a time.
const manyBatch = 16

// sendMany sends N SDUs: on the VCs with contracts a little less than these let through in the time, but no more than
// half of all, and the rest in turn on those without.
func (p *vcPath) sendMany(o order) (moved, error) {
	began := time.Now()
	each := min(pacedSDUs(o.Size, o.For)*4/5, o.N/2/max(1, len(p.many.paced)))
	errs := make([]error, len(p.many.paced)+1)
	var senders sync.WaitGroup
	senders.Go(func() { errs[0] = sendInTurn(p.ctx, p.many.plain, o.Size, o.N-each*len(p.many.paced)) })
	for i, v := range p.many.paced {
		senders.Go(func() { errs[i+1] = sendInTurn(p.ctx, []*client.VC{v}, o.Size, each) })
	}
	senders.Wait()
	return moved{SDUs: o.N, Time: time.Since(began)}, errors.Join(errs...)
}

// pacedSDUs returns how many SDUs of a size a VC with a contract sends in a time.
func pacedSDUs(size int, d time.Duration) int {
	const cell, trailer = 48, 8
	cells := (size + trailer + cell - 1) / cell
	return int(float64(contractRate) / (8 * cell) * d.Seconds() / float64(cells))
}

// sendInTurn sends n SDUs in all, some on each VC at a time.
func sendInTurn(ctx context.Context, vcs []*client.VC, size, n int) error {
	sdus := make([]client.SDU, manyBatch)
	for i := range sdus {
		sdus[i].Payload = make([]byte, size)
	}
	for i := 0; n > 0; i++ {
		done, err := vcs[i%len(vcs)].SendBatch(ctx, sdus[:min(n, len(sdus))])
		if err != nil {
			return err
		}
		n -= done
	}
	return nil
}

// receiveMany returns what has come on all VCs since it was forgotten, once so much has come, or nothing more has for a while.
func (p *vcPath) receiveMany(n int) (moved, error) {
	const quiet, look = 2 * time.Second, 2 * time.Millisecond
	came := &p.many.came
	tick := time.NewTicker(look)
	defer tick.Stop()
	for came.sdus.Load()+came.started.Load() < int64(n) {
		<-tick.C
		if last := time.Duration(came.last.Load()); last != 0 && time.Since(epoch)-last > quiet {
			break
		}
	}
	return moved{SDUs: int(came.sdus.Load()), Time: time.Duration(came.last.Load() - came.first.Load())}, nil
}

// sendPaced makes calls with contracts, sends as much as they take for a time, or until it is to stop, and releases
// them. It tells how many SDUs it has sent.
func (p *vcPath) sendPaced(o order) (moved, error) {
	var senders sync.WaitGroup
	results, errs := make([]moved, o.N), make([]error, o.N)
	for i := range o.N {
		senders.Go(func() {
			v, err := p.c.Call(p.ctx, os.Getenv(destEnv), reserve(vc.BitRate(o.Rate)))
			if err == nil {
				results[i], err = sendFor(p.ctx, v, o.Size, o.For)
				err = errors.Join(err, v.Close())
			}
			errs[i] = err
		})
	}
	senders.Wait()
	var m moved
	for _, r := range results {
		m.SDUs += r.SDUs
		m.Time = max(m.Time, r.Time)
	}
	return m, errors.Join(errs...)
}

// receivePaced accepts calls and counts what comes on them until they are released.
func (p *vcPath) receivePaced(n int) (moved, error) {
	var came atomic.Int64
	var receivers sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		o, err := p.listener.Accept(p.ctx)
		if err != nil {
			return moved{}, err
		}
		receivers.Go(func() {
			v, err := o.Accept(p.ctx)
			if err == nil {
				err = countAll(p.ctx, v, func(n int) { came.Add(int64(n)) })
			}
			errs[i] = err
		})
	}
	receivers.Wait()
	return moved{SDUs: int(came.Load())}, errors.Join(errs...)
}
