package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/signalling/q2931/ie"
)

// What is given to call comes out of listen, and both end well.
func TestCallAndListen(t *testing.T) {
	alice, bob := startHosts(t)
	large := strings.Repeat("0123456789", 100000)
	for name, tc := range map[string]struct {
		in, out      string
		call, listen []string
	}{
		"a word":               {in: "hello\n", out: "hello\n"},
		"nothing":              {},
		"a megabyte":           {in: large, out: large, call: []string{"--pcr", "400Mbit/s"}},
		"small SDUs":           {in: large[:5000], out: large[:5000], call: []string{"--max-sdu", "10"}},
		"smaller SDUs":         {in: large[:5000], out: large[:5000], listen: []string{"--max-sdu", "7"}},
		"lines":                {in: "one\n\n\ntwo\n three \n", out: "one\ntwo\n three \n", call: []string{"--lines"}, listen: []string{"--lines"}},
		"lines without an end": {in: "one\ntwo", out: "one\ntwo\n", call: []string{"--lines"}, listen: []string{"--lines"}},
		"lines joined":         {in: "one\ntwo\n", out: "onetwo", call: []string{"--lines"}},
		"the longest line":     {in: large[:1492] + "\n", out: large[:1492] + "\n", call: []string{"--lines"}, listen: []string{"--lines"}},
		"a linger for nothing": {in: "x", out: "x", call: []string{"--linger", "1ms"}},
		"by address":           {in: "x", out: "x", call: []string{bob.address}},
		"to a selector":        {in: "x", out: "x", call: []string{bob.address[:len(bob.address)-2] + "a7"}, listen: []string{"--sel", "a7"}},
		"a flag's octet":       {in: "x", out: "x", call: []string{"--sel", "a7"}, listen: []string{"--sel", "A7"}},
		"within a rate":        {in: "x", out: "x", call: []string{"--pcr", "1Mbit/s"}, listen: []string{"--pcr", "1Mbit/s"}},
		"less, as it must be":  {in: "x", out: "x", call: []string{"--pcr", "6Gbit/s", "--min-pcr", "1kbit/s"}},
		"less, as is wanted":   {in: "x", out: "x", call: []string{"--pcr", "9Mbit/s", "--min-pcr", "1Mbit/s"}, listen: []string{"--pcr", "1Mbit/s"}},
		"best effort":          {in: "x", out: "x", listen: []string{"--pcr", "1Mbit/s"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := bob.listen(openInput(t), nil, tc.listen...)
			args := append([]string{"call"}, tc.call...)
			if !strings.Contains(name, "address") && !strings.Contains(name, "selector") {
				args = append(args, "bob")
			}
			alice.run(strings.NewReader(tc.in), args...).want(0, "")
			l.want(0, tc.out)
		})
	}
	awaitEmpty(t, alice, bob)
}

// A line that does not fit is named by its number, empty ones counted, and the call is released.
func TestLineTooLong(t *testing.T) {
	alice, bob := startHosts(t)
	for _, n := range []int{1493, 70000, 1 << 17, 200000} {
		l := bob.listen(openInput(t), nil, "--lines")
		alice.run(strings.NewReader("one\n\n"+strings.Repeat("x", n)+"\nnever\n"), "call", "--lines", "bob").
			want(1, "", "call bob: line 3 has ", "at most 1492")
		l.want(0, "one\n")
	}
	awaitEmpty(t, alice, bob)
}

// The answers of an echo arrive within the linger, and a listener may answer by itself.
func TestBothWays(t *testing.T) {
	alice, bob := startHosts(t)
	l := bob.listen(nil, nil, "--echo", "--count", "0")
	c := alice.start(strings.NewReader("ping"), nil, "call", "--linger", "1h", "bob")
	c.wantOut("ping")
	c.stop()
	c.want(0, "ping")
	l.stop()
	l.want(0, "")

	l = bob.listen(strings.NewReader("that is all"), nil) // its end releases the call
	c = alice.start(openInput(t), nil, "call", "bob")     // whose input is still open
	c.want(0, "that is all")
	l.want(0, "")

	// An echo at the calling side.
	l = bob.listen(strings.NewReader("echo me"), nil, "--linger", "1h")
	c = alice.start(strings.NewReader("not read"), nil, "call", "--echo", "bob")
	l.wantOut("echo me")
	c.stop()
	c.want(0, "")
	l.want(0, "echo me")
	awaitEmpty(t, alice, bob)
}

// A listener without input waits for the caller, whether it is closed or at its end.
func TestListenWithoutInput(t *testing.T) {
	alice, bob := startHosts(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	for name, in := range map[string]io.Reader{"empty": nil, "null device": null} {
		l := bob.listen(in, nil)
		r, w := io.Pipe()
		c := alice.start(r, nil, "call", "bob")
		for _, s := range []string{"first ", "second ", "third"} {
			if _, err := io.WriteString(w, s); err != nil {
				t.Fatal(err)
			}
		}
		l.wantOut("first second third")
		_ = w.Close()
		c.want(0, "")
		l.want(0, "first second third")
		if t.Failed() {
			t.Fatalf("input: %s", name)
		}
	}
}

// Several calls are served, at one time too; those beyond are busy, and those that do not come about do not count.
func TestCount(t *testing.T) {
	alice, bob := startHosts(t)
	l := bob.listen(nil, nil, "--count", "2")
	first := alice.start(openInput(t), nil, "call", "bob")
	eventually(t, "the first call stands", func() error { return wantCall(t, alice) })
	alice.run(strings.NewReader("second"), "call", "bob").want(0, "")
	l.wantOut("second")
	alice.run(nil, "call", "bob").want(1, "", "user busy (cause 17)")
	first.stop()
	first.want(0, "")
	l.want(0, "second")

	// A caller that gives up before its call is accepted is none of them. One whose machine is busy may come
	// too late for that, but not again and again.
	for try := 1; ; try++ {
		if l = bob.listen(nil, nil); callAndGiveUp(t, alice, bob, l) {
			break
		}
		if try == 3 {
			t.Fatalf("a call that was given up has ended the program: exit code %d", l.code)
		}
	}
	alice.run(strings.NewReader("served"), "call", "bob").want(0, "")
	l.wait()
	if l.code != 0 || l.out.String() != "served" {
		t.Errorf("exit code %d with %q: %s", l.code, l.out.String(), l.err.String())
	}

	l = bob.listen(nil, nil, "--count", "0")
	for range 3 {
		alice.run(strings.NewReader("x"), "call", "bob").want(0, "")
	}
	l.wantOut("xxx")
	l.stop()
	l.want(0, "xxx")
	awaitEmpty(t, alice, bob)
}

// callAndGiveUp makes some calls that are given up before they come about, and reports whether a program that
// listens for one call still does.
func callAndGiveUp(t *testing.T, from, to *host, l *program) (listens bool) {
	t.Helper()
	c := from.dial()
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		var given sync.WaitGroup
		given.Go(func() { _, _ = c.Call(ctx, "bob", nil) })
		cancel()
		given.Wait()
	}
	if _, err := c.Status(t.Context()); err != nil { // the daemon has read the requests before it
		t.Fatal(err)
	}
	for _, h := range []*host{from, to} {
		eventually(t, "no call is left", func() error { return wantNoVC(t, h) })
	}
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// wantCall returns an error unless a host has one connected call.
func wantCall(t *testing.T, h *host) error {
	t.Helper()
	rows, _, err := h.manager.VCs(t.Context(), "", 0)
	connected := 0
	for _, r := range rows {
		if r.CallState.String() == "connected" {
			connected++
		}
	}
	if err == nil && connected != 1 {
		err = fmt.Errorf("%d calls", connected)
	}
	return err
}

// brokenWriter takes some octets and fails then, as a pipe whose reader has gone.
type brokenWriter struct{ left int }

func (b *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > b.left {
		n := b.left
		b.left = 0
		return n, errBroken
	}
	b.left -= len(p)
	return len(p), nil
}

var errBroken = errors.New("broken pipe")

// An output that fails ends the program with 1 and the call in order: the other side is not at fault.
func TestBrokenOutput(t *testing.T) {
	alice, bob := startHosts(t)
	broken := func(s *streams) { s.out = &brokenWriter{left: 5} }
	for name, count := range map[string]string{"one call": "1", "several": "2"} {
		l := bob.listen(nil, broken, "--count", count)
		r, w := io.Pipe()
		c := alice.start(r, nil, "call", "bob")
		if _, err := io.WriteString(w, "too much"); err != nil {
			t.Fatal(err)
		}
		c.want(0, "") // released with normal call clearing, though its input is open
		if count == "2" {
			alice.run(strings.NewReader("more"), "call", "bob")
		}
		l.wait()
		if l.code != 1 || !strings.Contains(l.err.String(), "broken pipe") {
			t.Errorf("%s: exit code %d: %s", name, l.code, l.err.String())
		}
	}
	l := bob.listen(strings.NewReader("too much for alice"), nil, "--linger", "1h")
	alice.start(openInput(t), broken, "call", "bob").want(1, "", "call bob: broken pipe")
	l.want(0, "")
	for verb, args := range map[string][]string{"links": {"links"}, "status": {"status", "--json"}} {
		alice.start(nil, broken, args...).want(1, "", "broken pipe")
		if t.Failed() {
			t.Fatal(verb)
		}
	}
	awaitEmpty(t, alice, bob)
}

// An interrupt releases the call with normal call clearing, whatever the program is at.
func TestInterrupt(t *testing.T) {
	alice, bob := startHosts(t)
	stuck, w := io.Pipe() // an output that nobody reads but for the first octet
	t.Cleanup(func() { _ = stuck.Close() })
	for name, change := range map[string]func(*streams){
		"waiting for input":      nil,
		"waiting for the output": func(s *streams) { s.out = w },
	} {
		peer := bob.dial()
		l, err := peer.Listen(t.Context(), client.SAP{})
		if err != nil {
			t.Fatal(err)
		}
		c := alice.start(openInput(t), change, "call", "bob")
		o, err := l.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v, err := o.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Write([]byte("for alice")); err != nil {
			t.Fatal(err)
		}
		if change == nil {
			c.wantOut("for alice")
		} else if _, err := io.ReadFull(stuck, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		c.stop()
		<-v.Released()
		if end, ok := errors.AsType[*client.Error](v.Err()); !ok || end.Cause.Value != client.NormalClearing {
			t.Errorf("%s: the other side is told %v", name, v.Err())
		}
		_ = v.Close()
		c.wait()
		if c.code != 0 || c.err.String() != "" {
			t.Errorf("%s: exit code %d: %s", name, c.code, c.err.String())
		}
		if err := errors.Join(l.Close(), peer.Close()); err != nil { // the SAP is free for the next
			t.Error(err)
		}
	}
	// Before the call is answered: the caller's program ends, and so does the offer.
	peer := bob.dial()
	l, err := peer.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	c := alice.start(nil, nil, "call", "bob")
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.stop()
	c.want(1, "", "call bob: context canceled")
	eventually(t, "the offer is over", func() error { return wantNoVC(t, bob) })
	if _, err := o.Accept(t.Context()); err == nil {
		t.Error("the call comes about")
	}
	if err := errors.Join(l.Close(), peer.Close()); err != nil {
		t.Error(err)
	}
	awaitEmpty(t, alice, bob)
	// While a listener waits.
	waiting := bob.listen(nil, nil)
	waiting.stop()
	waiting.want(0, "")
	awaitEmpty(t, alice, bob)
}

// wantNoVC returns an error while a host has a VC.
func wantNoVC(t *testing.T, h *host) error {
	t.Helper()
	s, err := h.manager.Status(t.Context())
	if err == nil && s.VCs != 0 {
		err = fmt.Errorf("%d VCs", s.VCs)
	}
	return err
}

// A call that does not end normally is a failure, with the cause in words.
func TestCauses(t *testing.T) {
	alice, bob := startHosts(t)
	released := func(cause uint8) *program {
		l, err := bob.dial().Listen(t.Context(), client.SAP{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		c := alice.start(openInput(t), nil, "call", "bob")
		o, err := l.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		v, err := o.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.CloseWith(t.Context(), client.CloseOptions{Cause: client.Cause{Value: cause}}); err != nil {
			t.Error(err)
		}
		return c
	}
	released(0).want(0, "")
	released(16).want(0, "")
	released(41).want(1, "", "cmctl: call bob: the call was released: temporary failure (cause 41)")
	released(31).want(1, "", "normal, unspecified (cause 31)")
	for dest, words := range map[string]string{
		"carol":       `"carol"`,
		alice.address: "own address",
		"47.0091.8100.0000.0000.0000.0101.0000.0000.0101.00": "no route to destination (cause 3)",
		"bob": "incompatible destination (cause 88)",
	} {
		alice.run(nil, "call", dest).want(1, "", "cmctl: call "+dest+": ", words)
	}
	picky := bob.listen(nil, nil, "--pcr", "1Mbit/s")
	alice.run(nil, "call", "--pcr", "1001kbit/s", "bob").want(1, "", "user cell rate not available (cause 37)")
	alice.run(nil, "call", "--pcr", "9Mbit/s", "--min-pcr", "1001kbit/s", "bob").want(1, "", "user cell rate not available (cause 37)")
	alice.run(nil, "call", "--pcr", "6Gbit/s", "--min-pcr", "5Gbit/s", "bob").want(1, "", "user cell rate not available (cause 37)")
	picky.stop()
	picky.want(0, "")
	// The called side is told by its program, too.
	l := bob.listen(nil, nil)
	v, err := alice.dial().Call(t.Context(), "bob", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.CloseWith(t.Context(), client.CloseOptions{Cause: client.Cause{Value: 27}}); err != nil {
		t.Error(err)
	}
	l.want(1, "", "cmctl: listen: call from "+alice.address+": the call was released: destination out of order (cause 27)")
	if n := strings.Count(l.err.String(), "\n"); n != 1 {
		t.Errorf("said in %d lines: %q", n, l.err.String())
	}
	l = bob.listen(nil, nil, "--count", "2")
	for _, cause := range []uint8{27, 16} {
		if v, err = alice.dial().Call(t.Context(), "bob", nil); err != nil {
			t.Fatal(err)
		}
		_, _ = v.CloseWith(t.Context(), client.CloseOptions{Cause: client.Cause{Value: cause}})
	}
	l.want(1, "", "(cause 27)", "1 of the calls did not end with normal clearing")
	awaitEmpty(t, alice, bob)
}

// The end of a daemon ends both sides' programs with its words.
func TestDaemonGoes(t *testing.T) {
	alice, bob := startHosts(t)
	l := bob.listen(nil, nil)
	c := alice.start(openInput(t), nil, "call", "bob")
	eventually(t, "the call stands", func() error { return wantCall(t, bob) })
	if err := bob.manager.Shutdown(t.Context(), ie.Cause{Value: ie.CauseDestinationOutOfOrder}); err != nil {
		t.Error(err)
	}
	c.want(1, "", "the call was released: destination out of order (cause 27)")
	l.want(1, "", "the call was released")
	waiting := alice.listen(nil, nil)
	alice.close()
	waiting.want(1, "", "the daemon ends")
	alice.run(nil, "status").want(1, "", "is cmd-daemon running")
}

// On a terminal a user is told what a program waits for, and others are not.
func TestSlow(t *testing.T) {
	alice, bob := startHosts(t)
	l, err := bob.dial().Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	atTerminal := func(s *streams) { s.terminal, s.patience = true, 1 }
	c := alice.start(nil, atTerminal, "call", "bob")
	eventually(t, "the user is told", func() error {
		if s := c.err.String(); !strings.Contains(s, "bob has not answered yet (Ctrl-C ends it)") {
			return errors.New(s)
		}
		return nil
	})
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Reject(t.Context(), client.Cause{}); err != nil {
		t.Error(err)
	}
	c.want(1, "", "call rejected (cause 21)")
	waiting := alice.listen(nil, atTerminal, "--sel", "77")
	eventually(t, "the user is told", func() error {
		if s := waiting.err.String(); !strings.Contains(s, "no call has come yet to ["+alice.address+"] (Ctrl-C ends it)") {
			return errors.New(s)
		}
		return nil
	})
	quiet := alice.start(nil, func(s *streams) { s.patience = 1 }, "call", "bob")
	if o, err = l.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := o.Reject(t.Context(), client.Cause{}); err != nil {
		t.Error(err)
	}
	quiet.want(1, "", "call rejected")
	if strings.Contains(quiet.err.String(), "not answered") {
		t.Errorf("told %q", quiet.err.String())
	}
}

// An input that fails is told, and the call released.
func TestBrokenInput(t *testing.T) {
	alice, bob := startHosts(t)
	l := bob.listen(nil, nil)
	in := io.MultiReader(strings.NewReader("half"), &failingReader{})
	alice.run(in, "call", "bob").want(1, "", "call bob: input/output error")
	l.want(0, "half")
}

type failingReader struct{}

func (*failingReader) Read([]byte) (int, error) { return 0, errors.New("input/output error") }

// What was negotiated is told on request.
func TestVerbose(t *testing.T) {
	alice, bob := startHosts(t)
	l := bob.listen(nil, nil, "-v")
	alice.run(strings.NewReader("x"), "call", "-v", "--pcr", "10Mbit/s", "--max-sdu", "100", "bob").
		want(0, "", "cmctl: connected with bob: VC 0x", " on peer 0/", "CBR 10", "sdu 100")
	l.want(0, "x", "listening on ["+bob.address+"]", "connected with "+alice.address)
	l = bob.listen(nil, nil, "-v", "--pcr", "2Mbit/s")
	alice.run(strings.NewReader("x"), "call", "-v", "--pcr", "10Mbit/s", "--min-pcr", "1Mbit/s", "bob").
		want(0, "", "cmctl: connected with bob: VC 0x", "CBR 2")
	l.want(0, "x", "CBR 2")
}

// A call that carries nothing in a direction says so.
func TestOneWay(t *testing.T) {
	alice, bob := startHosts(t)
	l, err := bob.dial().Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	c := alice.start(strings.NewReader(strings.Repeat("y", 50)), nil, "call", "bob")
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v, err := o.AcceptWith(t.Context(), &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 20}})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	buf := make([]byte, v.MaxReceive())
	for {
		n, err := v.Read(buf)
		if err != nil {
			break
		}
		if n > 20 {
			t.Errorf("an SDU of %d octets", n)
		}
		got.Write(buf[:n])
	}
	_ = v.Close()
	if got.Len() != 50 {
		t.Errorf("%d octets arrived", got.Len())
	}
	c.want(0, "")
}
