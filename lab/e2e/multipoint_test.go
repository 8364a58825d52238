package e2e_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
	"callmanager/vc"
)

// A leaf is a VC at the end of a point-to-multipoint call whose client reads all that comes.
type leaf struct {
	v     *client.VC
	next  atomic.Int64 // The number that is to come; -1 before the first.
	first atomic.Int64
	gaps  atomic.Int64
	ended chan struct{}
}

// run reads numbered SDUs until the call ends.
func (l *leaf) run(ctx context.Context) {
	defer close(l.ended)
	buf := make([]byte, l.v.MaxReceive())
	for {
		s, err := l.v.Recv(ctx, buf)
		if err != nil {
			return
		}
		n := int64(binary.BigEndian.Uint64(s.Payload))
		switch want := l.next.Load(); {
		case want < 0:
			l.first.Store(n)
		case n != want:
			l.gaps.Add(1)
		}
		l.next.Store(n + 1)
	}
}

// leaves accepts all calls to a host and reads from them. What it accepts it hands out in turn.
func leaves(t *testing.T, h *lab.Host) <-chan *leaf {
	t.Helper()
	l, err := dial(t, h).Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan *leaf, 16)
	var reading sync.WaitGroup
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(func() {
		cancel()
		reading.Wait()
	})
	reading.Go(func() {
		for {
			o, err := l.Accept(ctx)
			if err != nil {
				return
			}
			v, err := o.Accept(ctx)
			if err != nil {
				continue
			}
			f := &leaf{v: v, ended: make(chan struct{})}
			f.next.Store(-1)
			reading.Go(func() { f.run(ctx) })
			accepted <- f
		}
	})
	return accepted
}

// A rootCall is a point-to-multipoint call that sends numbers until it is closed.
type rootCall struct {
	t    *testing.T
	c    *client.Conn
	v    *client.VC
	sent atomic.Int64
	stop context.CancelFunc
	done chan struct{}
}

// sduOctets is the size of what a rootCall sends.
const sduOctets = 500

// callLeaves makes one to a host that carries so many bits a second.
func callLeaves(t *testing.T, from, to *lab.Host, rate vc.BitRate) *rootCall {
	t.Helper()
	o := reserve(rate)
	o.Contract.Backward, o.Multipoint, o.SendRing = nil, true, 1 // The smallest.
	ctx, stop := context.WithCancel(t.Context())
	r := &rootCall{t: t, c: dial(t, from), stop: stop, done: make(chan struct{})}
	t.Cleanup(stop)
	var err error
	if r.v, err = r.c.Call(t.Context(), to.Address, o); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.done)
		for {
			sdu := make([]byte, sduOctets)
			binary.BigEndian.PutUint64(sdu, uint64(r.sent.Load()))
			if r.v.Send(ctx, client.SDU{Payload: sdu}) != nil {
				return
			}
			r.sent.Add(1)
		}
	}()
	return r
}

// add adds a party.
func (r *rootCall) add(to *lab.Host, sel uint8) *client.Party {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	p, err := r.v.AddParty(ctx, to.Address, &client.PartyOptions{Selector: &sel})
	if err != nil {
		r.t.Fatalf("AddParty %s: %v", to.Name, err)
	}
	return p
}

// drop drops a party, or gives back the handle of one that has gone.
func (r *rootCall) drop(p *client.Party) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	if err := p.Drop(ctx, client.Cause{}); err != nil {
		r.t.Fatalf("DropParty: %v", err)
	}
}

// row is the call's VC in the list.
func (r *rootCall) row() (*cmdpb.VC, error) {
	list, err := r.c.VCs(r.t.Context())
	for _, v := range list {
		if v.GetHandle() == r.v.Handle() {
			return v, nil
		}
	}
	return nil, errors.Join(err, errors.New("the VC is not in the list"))
}

// wantBranches waits until the call has so many parties by the names of the links.
func (r *rootCall) wantBranches(want map[string]uint32) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("the branches are %v", want), func() error {
		row, err := r.row()
		if err != nil {
			return err
		}
		got := make(map[string]uint32)
		for _, b := range row.GetBranches() {
			got[b.GetChannel().GetLink()] = b.GetParties()
		}
		if !maps.Equal(want, got) {
			return fmt.Errorf("they are %v", got)
		}
		return nil
	})
}

// flows waits until each leaf has received much that was sent after this call.
func (r *rootCall) flows(leaves ...*leaf) {
	r.t.Helper()
	from := r.sent.Load() + 100
	for i, l := range leaves {
		eventually(r.t, fmt.Sprintf("leaf %d receives", i), func() error {
			if n := l.next.Load(); n < from {
				return fmt.Errorf("it is at %d of %d", n, from)
			}
			return nil
		})
	}
}

// take returns the next leaf of a host.
func takeLeaf(t *testing.T, from <-chan *leaf) *leaf {
	t.Helper()
	select {
	case l := <-from:
		return l
	case <-time.After(patience):
		t.Fatal("no call came")
		return nil
	}
}

// awaitClosed waits for something to be closed.
func awaitClosed(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(3 * patience):
		t.Fatalf("%s: not within %s", what, 3*patience)
	}
}

// TestPartiesOverTwoLinks: a root with a link to each of two hosts has parties on both, that come and go while data
// flows. Those that stay get each SDU once and in order, whatever becomes of the others and of the other link.
func TestPartiesOverTwoLinks(t *testing.T) {
	t.Parallel()
	l := up(t, lab.Config{Hosts: []string{"root", "east", "west"}, Capacity: "100Mbit/s"})
	root, east, west := l.Hosts()[0], l.Hosts()[1], l.Hosts()[2]
	atEast, atWest := leaves(t, east), leaves(t, west)
	r := callLeaves(t, root, east, 5e6)
	e1 := takeLeaf(t, atEast)
	firstEast := r.v.Parties()[0]
	firstWest := r.add(west, 0)
	w1 := takeLeaf(t, atWest)
	secondEast, secondWest := r.add(east, 1), r.add(west, 1)
	e2, w2 := takeLeaf(t, atEast), takeLeaf(t, atWest)
	r.wantBranches(map[string]uint32{"east": 2, "west": 2})
	r.flows(e1, e2, w1, w2)
	if s := output(t, root, "vcs"); len(regexp.MustCompile(`(?m)^- branch +(east|west) +0/\d+ +open +- +2 parties +0 dropped +[1-9]`).FindAllString(s, -1)) != 2 {
		t.Errorf("cmctl vcs prints no two branches:\n%s", s)
	}
	links, err := r.c.Links(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range links { // Each link has admitted its branch.
		if k.GetCalls() != 1 || k.GetReserved() < 5e6 {
			t.Errorf("link %s: %d calls, %d bit/s reserved", k.GetName(), k.GetCalls(), k.GetReserved())
		}
	}

	// One leaf is dropped, and one leaves.
	r.drop(firstWest)
	awaitClosed(t, "the dropped leaf ends", w1.ended)
	r.wantBranches(map[string]uint32{"east": 2, "west": 1})
	_ = e2.v.Close()
	awaitClosed(t, "the root is told of the leaf that left", secondEast.Gone())
	if status := (*client.Error)(nil); !errors.As(secondEast.Err(), &status) || status.Status != cmdpb.Status_SUCCESS {
		t.Errorf("the leaf left: %v", secondEast.Err())
	}
	r.drop(secondEast)
	r.flows(e1, w2)

	// The last one of a link takes the branch along; the call goes on over the other.
	r.drop(firstEast)
	awaitClosed(t, "the last leaf of a link ends", e1.ended)
	r.wantBranches(map[string]uint32{"west": 1})
	r.flows(w2)

	// The host of a link dies. Its parties go, and the others do not notice.
	thirdEast, fourthEast := r.add(east, 2), r.add(east, 3)
	e3, e4 := takeLeaf(t, atEast), takeLeaf(t, atEast)
	r.wantBranches(map[string]uint32{"west": 1, "east": 2})
	r.flows(e3, e4, w2)
	kill(t, east)
	awaitClosed(t, "a party of the dead host goes", thirdEast.Gone())
	awaitClosed(t, "another does", fourthEast.Gone())
	r.wantBranches(map[string]uint32{"west": 1})
	r.flows(w2)
	r.drop(thirdEast)
	if _, err := r.v.AddParty(t.Context(), east.Address, nil); err == nil {
		t.Error("a dead host was added")
	}
	r.drop(fourthEast)
	start(t, east)
	awaitLinks(t, l)
	atEast = leaves(t, east)
	r.add(east, 0)
	e5 := takeLeaf(t, atEast)
	r.flows(e5, w2)

	// The last one of the other link goes, and then all.
	r.drop(secondWest)
	awaitClosed(t, "the last leaf of the other link ends", w2.ended)
	r.wantBranches(map[string]uint32{"east": 1})
	r.flows(e5)
	r.stop()
	awaitClosed(t, "the root stops", r.done)
	if err := r.v.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	awaitClosed(t, "the last leaf ends", e5.ended)
	if got := e5.next.Load(); got != r.sent.Load() {
		t.Errorf("the last leaf received up to %d of %d", got, r.sent.Load())
	}
	for name, f := range map[string]*leaf{"e1": e1, "w1": w1, "e2": e2, "w2": w2, "e3": e3, "e4": e4, "e5": e5} {
		if f.gaps.Load() != 0 {
			t.Errorf("leaf %s received from %d to %d with %d gaps", name, f.first.Load(), f.next.Load(), f.gaps.Load())
		}
	}
	awaitEmpty(t, root, east, west)
}

// TestRootOfTwoLinksDies: a client, and then a daemon, that dies with branches on two links leaves nothing anywhere.
func TestRootOfTwoLinksDies(t *testing.T) {
	t.Parallel()
	l := up(t, lab.Config{Hosts: []string{"root", "east", "west"}, Capacity: "100Mbit/s"})
	root, east, west := l.Hosts()[0], l.Hosts()[1], l.Hosts()[2]
	atEast, atWest := leaves(t, east), leaves(t, west)
	for _, dies := range []func(*rootCall){
		func(r *rootCall) { _ = r.c.Close() },
		func(*rootCall) {
			if err := root.StopDaemon(t.Context(), unix.SIGTERM); err != nil { // It releases all.
				t.Error(err)
			}
			start(t, root)
			awaitLinks(t, l)
		},
		func(*rootCall) {
			kill(t, root)
			start(t, root) // RESTART ends what its peers still have.
			awaitLinks(t, l)
		},
	} {
		r := callLeaves(t, root, east, 1e6)
		r.add(west, 0)
		e, w := takeLeaf(t, atEast), takeLeaf(t, atWest)
		r.flows(e, w)
		dies(r)
		awaitClosed(t, "the root stops", r.done)
		awaitClosed(t, "the leaf in the east ends", e.ended)
		awaitClosed(t, "the leaf in the west ends", w.ended)
		for _, f := range []*leaf{e, w} {
			if f.gaps.Load() != 0 {
				t.Errorf("%d gaps", f.gaps.Load())
			}
			_ = f.v.Close()
		}
		awaitEmpty(t, root, east, west)
	}
}
