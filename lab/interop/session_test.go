package interop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab/interop"
	"callmanager/lab/interop/peer"
	"callmanager/vc"
)

// largest is the largest SDU that the calls agree on, in octets: the default of IP over ATM.
const largest = 9180

// session is one link between the daemon and the guest.
type session struct {
	setup

	rig    *rig
	wire   *interop.Wire
	conn   *client.Conn
	record string // the file with what passed on the control VC
	sent   causes
	// variables are those of the scripts that start the guest's programs.
	variables string
}

// awaitLink waits until the link is up and returns it.
func (s *session) awaitLink(t *testing.T) (link *cmdpb.Link) {
	t.Helper()
	eventually(t, "the link is up", func() error {
		links, err := s.conn.Links(t.Context())
		if err != nil || len(links) != 1 {
			return fmt.Errorf("%d links, %w", len(links), err)
		}
		if link = links[0]; link.GetState() != "up" {
			return fmt.Errorf("it is %s: %s", link.GetState(), link.GetLastError())
		}
		return nil
	})
	return link
}

// awaitEmpty waits until the daemon has no call and nothing reserved.
func (s *session) awaitEmpty(t *testing.T) {
	t.Helper()
	eventually(t, "nothing is left", func() error {
		calls, err := s.conn.Calls(t.Context())
		if err != nil {
			return err
		}
		vcs, err := s.conn.VCs(t.Context())
		if err != nil {
			return err
		}
		links, err := s.conn.Links(t.Context())
		if err != nil {
			return err
		}
		if len(calls)+len(vcs) > 0 || links[0].GetReserved() > 0 {
			return fmt.Errorf("%d calls, %d VCs, %d bit/s", len(calls), len(vcs), links[0].GetReserved())
		}
		return nil
	})
}

// traffic is what a call asks for.
type traffic struct {
	rate vc.CellRate // 0 is UBR
	bhli []byte
	blli []byte
}

// contract is the contract of the traffic.
func (tr *traffic) contract() *cmdpb.Contract {
	flow := &cmdpb.Flow{MaxSdu: largest, Pcr: uint32(tr.rate)}
	c := &cmdpb.Contract{Category: cmdpb.Category_UBR, Forward: flow, Backward: flow}
	if tr.rate != 0 {
		c.Category = cmdpb.Category_CBR
	}
	return c
}

// options are those of a call by the daemon's client.
func (tr *traffic) options() *client.CallOptions {
	o := &client.CallOptions{Contract: tr.contract(), BHLI: tr.bhli}
	if tr.blli != nil {
		o.BLLI = [][]byte{tr.blli}
	}
	return o
}

// qos is the same for the guest.
func (tr *traffic) qos() peer.QoS {
	return peer.QoS{CBR: tr.rate != 0, PCR: int(tr.rate), MaxSDU: largest}
}

// listen makes the guest take calls on a task that ends with the test.
func (s *session) listen(t *testing.T, r peer.Request) *interop.Task {
	t.Helper()
	r.Op, r.Address = peer.OpListen, octets(theirs)
	var task *interop.Task
	// The last test's socket may still have the SAP.
	eventually(t, "the guest listens", func() (err error) {
		if task, err = s.rig.guest.Ask(t.Context(), r); err != nil {
			return err
		}
		if _, err = task.Await("listening"); err != nil {
			task.Close()
		}
		return err
	})
	t.Cleanup(task.Close)
	return task
}

// octets returns those of an AESA.
func octets(address string) []byte {
	a, err := vc.ParseAddr(address)
	if err != nil {
		panic(err)
	}
	aesa, ok := a.AESA()
	if !ok {
		panic(address)
	}
	return aesa[:]
}

// serve takes calls with the daemon's client and sends SDUs back: every one, until the other side
// releases, or most of them with the next one as the wish for a release. It ends with the test.
func (s *session) serve(t *testing.T, sap client.SAP, most int) (offers func() []*cmdpb.CallParameters) {
	t.Helper()
	l, err := s.conn.Listen(t.Context(), sap)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan []*cmdpb.CallParameters, 1)
	var echoes sync.WaitGroup
	go func() {
		var all []*cmdpb.CallParameters
		for {
			o, err := l.Accept(context.WithoutCancel(t.Context()))
			if err != nil {
				break
			}
			all = append(all, o.Parameters())
			echoes.Go(func() { s.runEcho(t, o, most) })
		}
		ended <- all
	}()
	closed := false
	offers = func() []*cmdpb.CallParameters {
		closed = true
		_ = l.Close()
		all := <-ended
		echoes.Wait()
		return all
	}
	t.Cleanup(func() {
		if !closed {
			offers()
		}
	})
	return offers
}

// runEcho answers one offer.
func (s *session) runEcho(t *testing.T, o *client.Offer, most int) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	v, err := o.Accept(ctx)
	if err != nil {
		t.Errorf("accept: %v", err)
		return
	}
	buf := make([]byte, largest)
	for n := 0; ; n++ {
		size, err := v.Read(buf)
		if errors.Is(err, io.EOF) {
			if err := v.Err(); !normal(err) {
				t.Errorf("their call ends: %v", err)
			}
			break
		}
		if err == nil && most != 0 && n == most {
			break
		}
		if err == nil {
			_, err = v.Write(buf[:size])
		}
		if err != nil {
			t.Errorf("echo: %v", err)
			break
		}
	}
	if err := v.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// exchange makes a call to the guest and sends SDUs that must come back. It releases, or waits for the
// guest to.
func (s *session) exchange(ctx context.Context, o *client.CallOptions, sizes []int, release bool) error {
	v, err := s.conn.Call(ctx, theirs, o)
	if err != nil {
		return err
	}
	err = s.converse(v, sizes)
	if err == nil && !release {
		select {
		case <-v.Released():
			if e := v.Err(); !normal(e) {
				err = fmt.Errorf("the guest does not release as usual: %w", e)
			}
		case <-ctx.Done():
			err = errors.New("the guest does not release")
		}
	}
	return errors.Join(err, v.Close())
}

// converse sends SDUs one by one and wants each back.
func (s *session) converse(v *client.VC, sizes []int) error {
	sent, got := make([]byte, largest), make([]byte, largest)
	for _, size := range sizes {
		peer.Fill(sent[:size])
		if _, err := v.Write(sent[:size]); err != nil {
			return err
		}
		n, err := v.Read(got)
		if err != nil {
			return fmt.Errorf("after %d octets: %w", size, err)
		}
		if !bytes.Equal(got[:n], sent[:size]) {
			return fmt.Errorf("of %d octets %d came back, or others", size, n)
		}
	}
	return nil
}

// call lets the guest make a call that the daemon's client serves, and returns its last report.
func (s *session) call(ctx context.Context, r peer.Request) (peer.Report, error) {
	r.Op, r.Address, r.Local = peer.OpCall, octets(ours), octets(theirs)
	task, err := s.rig.guest.Ask(ctx, r)
	if err != nil {
		return peer.Report{}, err
	}
	defer task.Close()
	return task.Await("released")
}

// normal reports whether the other side has released a call as usual.
func normal(err error) bool {
	return errors.Is(err, &client.Error{Status: cmdpb.Status_SUCCESS}) && cause(err) == client.NormalClearing
}

// cause returns the cause of a failed call.
func cause(err error) uint32 {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return uint32(e.Cause.Value)
	}
	return 0
}

// sum adds up.
func sum(sizes []int) (n int) {
	for _, s := range sizes {
		n += s
	}
	return n
}

// someSizes are sizes of SDUs in octets around the ends of cells, frames and buffers.
func someSizes() []int {
	sizes := []int{1, 2, 3, 39, 40, 41, 44, 45, 47, 48, 49, 88, 89, 1023, 1024, 1477, 1478, 1479, 1492, 1500, 4096, 4470, 8191, 8192, 9179, 9180}
	for n := 7; n <= largest; n += 463 {
		sizes = append(sizes, n)
	}
	return slices.Clip(sizes)
}

// everySecond are every second size from the first to the largest.
func everySecond(first int) (sizes []int) {
	for n := first; n <= largest; n += 2 {
		sizes = append(sizes, n)
	}
	return sizes
}
