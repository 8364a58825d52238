package api_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// pages collects a list page by page, and returns how many there were.
func pages[T any](c *rawClient, kind cmdpb.ListKind, rows func(*cmdpb.ListResult) []T) (all []T, n int) {
	c.t.Helper()
	for after := ""; ; {
		r := c.want(cmdpb.Status_SUCCESS, listOf(kind, after)).GetList()
		all, n = append(all, rows(r)...), n+1
		if after = r.GetNextPage(); after == "" {
			return all, n
		}
	}
}

// A list that fills many messages has every row once, and in order.
func TestPaging(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	const n = 2500
	var made []uint64
	for range n {
		made = append(made, c.want(cmdpb.Status_SUCCESS, createVC()).GetHandle().GetHandle())
	}
	slices.Sort(made)
	vcs, count := pages(c, cmdpb.ListKind_VCS, (*cmdpb.ListResult).GetVcs)
	var listed []uint64
	for _, v := range vcs {
		listed = append(listed, v.GetHandle())
	}
	if !slices.Equal(made, listed) || count < 10 {
		t.Errorf("%d VCs on %d pages, want %d", len(listed), count, n)
	}
	for sel := range uint32(200) {
		c.want(cmdpb.Status_SUCCESS, sapOf(&cmdpb.RegisterSAP{Selector: sel}))
	}
	saps, count := pages(c, cmdpb.ListKind_SAPS, (*cmdpb.ListResult).GetSaps)
	for i, s := range saps {
		if want := fmt.Sprintf("%02x", i); s.GetSelector() != want {
			t.Fatalf("SAP %d has the selector %s", i, s.GetSelector())
		}
	}
	if len(saps) != 200 || count < 2 {
		t.Errorf("%d SAPs on %d pages", len(saps), count)
	}
	for _, kind := range []cmdpb.ListKind{cmdpb.ListKind_LINKS, cmdpb.ListKind_CALLS} {
		r := c.want(cmdpb.Status_SUCCESS, listOf(kind, "")).GetList()
		if r.GetNextPage() != "" || len(r.GetLinks())+len(r.GetCalls()) > 1 {
			t.Errorf("%v: %v", kind, r)
		}
	}
}

// Rows that are large make pages short, and one that is larger than a message is cut.
func TestLargeRows(t *testing.T) {
	const n, large = 80, 17
	cfg := signalling.Config{Plane: sim.NewPlane(0), Version: "test"}
	for i := range n {
		l := signalling.LinkConfig{
			ID: vc.LinkID(i + 1), Name: fmt.Sprintf("link%d", i), Peer: vc.MAC{2, 0, 0, 0, 1, byte(i)}, Channel: sim.NewWire(0, 0, 1).A(),
			Capacity: 1e9,
		}
		prefixes := 100
		if i == large {
			prefixes = 5000
		}
		for j := range prefixes {
			p, err := vc.ParsePrefix(fmt.Sprintf("47.%036x", i<<16+j))
			if err != nil {
				t.Fatal(err)
			}
			l.Prefixes = append(l.Prefixes, p)
		}
		cfg.Links = append(cfg.Links, l)
	}
	m, err := signalling.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := api.Listen(filepath.Join(t.TempDir(), "cmd.sock"), api.Config{Manager: m})
	if err != nil {
		t.Fatal(err)
	}
	m.Start()
	go func() { _ = s.Serve() }()
	t.Cleanup(func() {
		_ = s.Close()
		_ = m.Close()
	})
	h := &host{server: s, path: s.Path()}
	c := h.open(t)
	links, count := pages(c, cmdpb.ListKind_LINKS, (*cmdpb.ListResult).GetLinks)
	if len(links) != n || count < 4 {
		t.Fatalf("%d links on %d pages", len(links), count)
	}
	for i, l := range links {
		if l.GetName() != fmt.Sprintf("link%d", i) || len(l.GetPrefixes()) < 100 {
			t.Errorf("row %d is %s with %d prefixes", i, l.GetName(), len(l.GetPrefixes()))
		}
	}
	// All links are down, and the status says so.
	if r := c.want(cmdpb.Status_SUCCESS, getStatus()).GetDaemonStatus(); len(r.GetHealth()) != n || r.GetLinks() != n {
		t.Errorf("%d links, %d conditions", r.GetLinks(), len(r.GetHealth()))
	}
}

// When the manager ends before the server its clients are told, not left waiting.
func TestManagerEnds(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*cmdpb.ClientMessage{getStatus(), listOf(cmdpb.ListKind_VCS, ""), listOf(cmdpb.ListKind_LINKS, "")} {
		if r := c.want(cmdpb.Status_FAILURE, m); r.GetDetail() != "the daemon ends" {
			t.Errorf("answer %v", r)
		}
	}
}

// A list shows what its client has asked for before, and lists of others wait for their turn while as many as
// may be are under way. Requests do not.
func TestListsInTurn(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	for turn := range 5 {
		for range 40 {
			c.send(createVC())
		}
		c.send(getStatus())
		var vcs uint32
		for range 41 {
			if s := c.reply().GetDaemonStatus(); s != nil {
				vcs = s.GetVcs()
			}
		}
		if want := uint32(40 * (turn + 1)); vcs != want {
			t.Fatalf("the status tells of %d VCs, want %d", vcs, want)
		}
	}
	busy := h.server.HoldQueries()
	var asked []*rawClient
	for range 5 {
		o := h.open(t)
		o.send(listOf(cmdpb.ListKind_VCS, ""))
		asked = append(asked, o)
	}
	c.want(cmdpb.Status_SUCCESS, createVC())
	for _, o := range asked {
		if o.hasAnswer() {
			t.Error("a list is made beyond the bound")
		}
	}
	busy()
	for _, o := range asked {
		if r := o.reply(); len(r.GetList().GetVcs()) == 0 {
			t.Errorf("the answer to a list is %v", r)
		}
	}
}

// hasAnswer reports whether a message waits.
func (c *rawClient) hasAnswer() bool {
	c.t.Helper()
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	return n > 0
}
