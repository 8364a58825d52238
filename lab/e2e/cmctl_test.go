package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/lab"
)

// withSelector returns a host's address with another last octet.
func withSelector(h *lab.Host, sel uint8) string {
	return fmt.Sprintf("%s%02x", h.Address[:len(h.Address)-2], sel)
}

// zeros is an input that never ends, and never has a program wait.
func zeros(tb testing.TB) io.Reader {
	tb.Helper()
	f, err := os.Open("/dev/zero")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	return f
}

// TestCall is `cmctl call` and `cmctl listen` with their flags.
func TestCall(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Capacity: "100Mbit/s"})
	t.Run("address", func(t *testing.T) {
		l := listening(t, bob, nil)
		cmctl(t, alice, strings.NewReader("by address"), "call", bob.Address).wantOut("")
		l.wantOut("by address")
	})
	t.Run("both ways", func(t *testing.T) {
		l := listening(t, bob, strings.NewReader("from bob"), "--linger", "10s")
		c := cmctl(t, alice, openInput(t), "call", "bob")
		eventually(t, "alice has bob's input", func() error { return wantText(&c.out, "from bob") })
		c.signal(unix.SIGINT)
		c.wantOut("from bob")
		l.wantOut("")
	})
	t.Run("the called side ends the call", func(t *testing.T) {
		l := listening(t, bob, strings.NewReader("that is all"))
		cmctl(t, alice, openInput(t), "call", "bob").wantOut("that is all")
		l.wantOut("")
	})
	t.Run("echo and linger", func(t *testing.T) {
		l := listening(t, bob, nil, "--echo")
		c := cmctl(t, alice, strings.NewReader("ping"), "call", "bob", "--linger", "20s")
		eventually(t, "alice has the echo", func() error { return wantText(&c.out, "ping") })
		c.signal(unix.SIGTERM)
		c.wantOut("ping")
		l.wantOut("")
	})
	t.Run("lines", func(t *testing.T) {
		l := listening(t, bob, nil, "--lines", "-v")
		cmctl(t, alice, strings.NewReader("one\ntwo\n\nthree"), "call", "--lines", "bob").wantOut("")
		l.want(0, "listening on", "connected with "+alice.Address)
		if got := l.out.String(); got != "one\ntwo\nthree\n" {
			t.Errorf("lines arrived as %q", got)
		}
	})
	t.Run("largest SDU", func(t *testing.T) {
		text := strings.Repeat("0123456789", 100)
		l := listening(t, bob, nil, "--max-sdu", "100")
		c := cmctl(t, alice, strings.NewReader(text), "call", "-v", "--max-sdu", "200", "bob")
		c.want(0, "sdu 100")
		l.wantOut(text)
	})
	t.Run("selector", func(t *testing.T) {
		l := listening(t, bob, nil, "--sel", "a7")
		cmctl(t, alice, nil, "call", withSelector(bob, 0xa8)).want(1, "incompatible destination (cause 88)")
		cmctl(t, alice, strings.NewReader("to a7"), "call", withSelector(bob, 0xa7)).wantOut("")
		l.wantOut("to a7")
	})
	t.Run("count", func(t *testing.T) {
		l := listening(t, bob, nil, "--count", "3")
		for i := range 3 {
			cmctl(t, alice, strings.NewReader(fmt.Sprint(i)), "call", "bob").wantOut("")
		}
		l.want(0)
		if got := l.out.String(); len(got) != 3 || strings.Trim(got, "012") != "" {
			t.Errorf("three calls gave %q", got)
		}
		l = listening(t, bob, nil, "--count", "0")
		for range 2 {
			cmctl(t, alice, strings.NewReader("x"), "call", "bob").wantOut("")
		}
		eventually(t, "both calls arrive", func() error { return wantText(&l.out, "xx") })
		l.signal(unix.SIGINT)
		l.wantOut("xx")
	})
	awaitEmpty(t, alice, bob)
}

// wantText returns an error unless exactly the text has been written.
func wantText(b *buffer, text string) error {
	if b.String() != text {
		return fmt.Errorf("%q has been written, want %q", b.String(), text)
	}
	return nil
}

// TestRefusals: a call that cannot be says why in words and with its cause, and exits with 1.
func TestRefusals(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Capacity: "100Mbit/s"})
	listening(t, bob, nil, "--sel", "01")
	for _, tc := range []struct {
		name string
		args []string
		code int
		text []string
	}{
		{"nobody listens", []string{"call", "bob"}, 1, []string{"call bob: incompatible destination (cause 88)"}},
		{"no such host", []string{"call", withSelector(alice, 0)[:len(alice.Address)-5] + "77.00"}, 1, []string{"no route to destination (cause 3)", "no link leads to"}},
		{"own address", []string{"call", alice.Address}, 1, []string{"this host's own address"}},
		{"rate above capacity", []string{"call", withSelector(bob, 1), "--pcr", "101Mbit/s"}, 1, []string{"user cell rate not available (cause 37)"}},
		{"rate above what a descriptor holds", []string{"call", "bob", "--pcr", "6.5Gbit/s"}, 2, []string{"16777215"}},
		{"no name", []string{"call", "carol"}, 1, []string{`"carol" is neither a name of [hosts] nor an address`}},
		{"no rate", []string{"call", "bob", "--pcr", "fast"}, 2, []string{"--pcr"}},
		{"no destination", []string{"call"}, 2, []string{"usage: cmctl call DEST"}},
		{"no such flag", []string{"call", "--loud", "bob"}, 2, []string{"--loud"}},
		{"no such verb", []string{"shout"}, 2, []string{"shout"}},
		{"no selector", []string{"listen", "--sel", "xyz"}, 2, []string{"two hexadecimal digits"}},
		{"selector taken", []string{"listen", "--sel", "01"}, 1, []string{"SAP_IN_USE"}},
		{"somebody else's address", []string{"listen", "--address", bob.Address}, 1, []string{"listen"}},
		{"no handle", []string{"close", "none"}, 2, []string{"none"}},
		{"nobody's handle", []string{"close", "0x123400000001"}, 1, []string{"AdminClose"}},
		{"nobody's handle to modify", []string{"modify", "0x123400000001", "--pcr", "1Mbit/s"}, 1, []string{"AdminModify", "there is no VC"}},
		{"nothing to modify", []string{"modify", "0x123400000001"}, 2, []string{"want --pcr, --scr or --mbs"}},
		{"no daemon", []string{"--socket", "/nonexistent/sock", "status"}, 1, []string{"is cmd-daemon running"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := alice
			if tc.args[0] == "listen" {
				h = map[bool]*lab.Host{true: bob, false: alice}[tc.name == "selector taken"]
			}
			p := cmctl(t, h, strings.NewReader("never sent"), tc.args...)
			p.want(tc.code, tc.text...)
			if p.out.String() != "" {
				t.Errorf("stdout %q, want nothing", p.out.String())
			}
			if n := strings.Count(strings.TrimSpace(p.err.String()), "\n"); n > 0 {
				t.Errorf("stderr has %d lines, want one: %q", n+1, p.err.String())
			}
		})
	}
	awaitEmpty(t, alice, bob)
}

// TestInterrupted: a caller whose call is cut off before its input has been sent says so and exits with 1,
// however the call ended.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Capacity: "100Mbit/s"})
	started := func(t *testing.T) (listener, caller *program) {
		t.Helper()
		l := listening(t, bob, nil)
		c := cmctl(t, alice, zeros(t), "call", "--pcr", "20Mbit/s", "bob")
		eventually(t, "data flow", func() error {
			if l.out.String() == "" {
				return fmt.Errorf("nothing yet: %s%s", l.err.String(), c.err.String())
			}
			return nil
		})
		return l, c
	}
	t.Run("listener stopped", func(t *testing.T) {
		l, c := started(t)
		l.signal(unix.SIGTERM)
		c.want(1, "released before all of the input was sent", "normal call clearing (cause 16)")
		l.want(0)
	})
	t.Run("listener killed", func(t *testing.T) {
		l, c := started(t)
		l.signal(unix.SIGKILL)
		c.want(1, "the call was released", "cause")
	})
	t.Run("closed by an administrator", func(t *testing.T) {
		l, c := started(t)
		rows := decode[[]map[string]any](t, output(t, alice, "vcs", "--json"))
		if len(rows) != 1 {
			t.Fatalf("alice has VCs %v, want one", rows)
		}
		handle, _ := rows[0]["handle"].(string)
		cmctl(t, alice, nil, "close", handle).wantOut("")
		c.want(1, "the call was released", "an administrator has closed the call")
		l.want(1, "the call was released", "cause")
	})
	t.Run("caller stopped", func(t *testing.T) {
		l, c := started(t)
		c.signal(unix.SIGINT)
		l.want(0)
		if code := c.wait(); code != 0 {
			t.Errorf("caller: exit code %d: %s", code, c.err.String())
		}
	})
	awaitEmpty(t, alice, bob)
}

// output returns what a verb prints.
func output(t *testing.T, h *lab.Host, args ...string) string {
	t.Helper()
	p := cmctl(t, h, nil, args...)
	p.want(0)
	return p.out.String()
}

// TestJSON: lists and status are arrays of objects, all keys in snake_case.
func TestJSON(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{Capacity: "100Mbit/s"})
	for _, verb := range []string{"vcs", "calls", "saps"} {
		if got := strings.TrimSpace(output(t, alice, verb, "--json")); got != "[]" {
			t.Errorf("%s --json of nothing is %q, want []", verb, got)
		}
	}
	l := listening(t, bob, nil)
	c := cmctl(t, alice, openInput(t), "call", "--pcr", "10Mbit/s", "bob")
	watch := dial(t, bob)
	awaitCalls(t, watch, 1)
	for _, tc := range []struct {
		verb string
		host *lab.Host
		keys []string
	}{
		{"links", alice, []string{"name", "interface", "peer", "role", "mode", "state", "last_error", "reserved", "capacity"}},
		{"vcs", alice, []string{"handle", "link", "vpi", "vci", "state", "owner", "pid", "contract", "counters"}},
		{"vcs", bob, []string{"handle", "incoming", "called", "calling"}},
		{"calls", bob, []string{"link", "call_reference", "ours", "state", "vc", "vpi", "vci", "called", "calling", "reserved"}},
		{"saps", bob, []string{"handle", "address", "selector", "owner", "pid"}},
	} {
		rows := decode[[]map[string]any](t, output(t, tc.host, tc.verb, "--json"))
		if len(rows) != 1 {
			t.Errorf("%s of %s: %d rows, want 1", tc.verb, tc.host.Name, len(rows))
			continue
		}
		wantKeys(t, tc.verb, rows[0], tc.keys)
		if text := output(t, tc.host, tc.verb); strings.Count(text, "\n") != 2 {
			t.Errorf("%s of %s as a table is %q, want a header and a row", tc.verb, tc.host.Name, text)
		}
	}
	link := decode[[]map[string]any](t, output(t, alice, "links", "--json"))[0]
	// 10 Mbit/s of SDU payload at full cells are 26042 cells/s of 86 octets of wire at the worst.
	if reserved, _ := link["reserved"].(float64); reserved < 10e6 || reserved > 20e6 {
		t.Errorf("10 Mbit/s reserve %v bit/s", link["reserved"])
	}
	status := decode[[]map[string]any](t, output(t, alice, "status", "--json"))
	if len(status) != 1 {
		t.Fatalf("status --json has %d objects, want 1", len(status))
	}
	wantKeys(t, "status", status[0], []string{"version", "pid", "links", "links_up", "clients", "vcs", "calls", "addresses", "health", "counters"})
	c.signal(unix.SIGTERM)
	c.want(0)
	l.want(0)
	awaitEmpty(t, alice, bob)
}

// snake is what a key of JSON looks like.
var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// wantKeys checks that an object has keys, and that all its keys are in snake_case.
func wantKeys(t *testing.T, what string, object map[string]any, keys []string) {
	t.Helper()
	for _, k := range keys {
		if _, ok := object[k]; !ok {
			t.Errorf("%s --json lacks %q", what, k)
		}
	}
	for k, v := range object {
		if !snake.MatchString(k) {
			t.Errorf("%s --json has the key %q", what, k)
		}
		if inner, ok := v.(map[string]any); ok {
			wantKeys(t, what+"."+k, inner, nil)
		}
	}
}

// TestTrace: cmctl trace follows the signalling of a call, as a ladder and as JSON.
func TestTrace(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	table, events := cmctl(t, alice, nil, "trace"), cmctl(t, bob, nil, "trace", "--json", "--all")
	for _, h := range []*lab.Host{alice, bob} {
		c := dial(t, h)
		eventually(t, "the trace is on", func() error {
			s, err := c.Status(t.Context())
			if err == nil && s.GetClients() < 2 {
				err = fmt.Errorf("%d clients", s.GetClients())
			}
			return err
		})
	}
	// A trace that has only just been switched on may miss the first call.
	eventually(t, "a whole call is traced", func() error {
		l := listening(t, bob, nil)
		cmctl(t, alice, strings.NewReader("x"), "call", "bob").wantOut("")
		l.wantOut("x")
		for _, p := range []*program{table, events} {
			text := p.out.String()
			for _, m := range []string{"SETUP", "CONNECT", "CONNECT ACKNOWLEDGE", "RELEASE", "RELEASE COMPLETE"} {
				if !strings.Contains(text, m) {
					return fmt.Errorf("%s lacks %s: %s", p.cmd, m, text)
				}
			}
		}
		return nil
	})
	for _, p := range []*program{table, events} {
		p.signal(unix.SIGINT)
		p.want(0)
	}
	d := json.NewDecoder(strings.NewReader(events.out.String()))
	for {
		var e map[string]any
		if err := d.Decode(&e); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		wantKeys(t, "trace", e, []string{"time", "link", "sent", "message", "sdu", "summary"})
	}
	awaitEmpty(t, alice, bob)
}

// TestBadConfig: cmd-daemon refuses a bad configuration with 78 and says where and what was expected.
func TestBadConfig(t *testing.T) {
	t.Parallel()
	p := need(t)
	dir := t.TempDir()
	for _, tc := range []struct{ name, text, place, expected string }{
		{"unknown key", "[daemon]\nsockt = \"/run/x.sock\"\n", ":2:1: ", "socket"},
		{"bad peer", "[[link]]\nname = \"a\"\ninterface = \"eth0\"\npeer = \"02:00\"\n", ":4:8: ", "six octets"},
		{"not TOML", "[daemon\n", ":1:", "TOML"},
		{"bad role", "[[link]]\nname = \"a\"\ninterface = \"eth0\"\npeer = \"02:00:00:00:00:02\"\nrole = \"usr\"\n", ":5:8: ", "user"},
	} {
		for _, args := range [][]string{{"check", "--config"}, {"--config"}} {
			path := dir + "/" + strings.ReplaceAll(tc.name, " ", "-") + ".toml"
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			d := launch(t, nil, command(p.daemon, append(args, path)...))
			d.want(78, path+tc.place, tc.expected)
		}
	}
	launch(t, nil, command(p.daemon, "check", "--config", dir+"/none.toml")).want(78, "none.toml", "no such file")
	launch(t, nil, command(p.daemon, "--loud")).want(2, "--loud")
	good := dir + "/good.toml"
	if err := os.WriteFile(good, []byte("[[link]]\nname = \"a\"\ninterface = \"eth9\"\npeer = \"02:00:00:00:00:02\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := launch(t, nil, command(p.daemon, "check", "--config", good))
	d.want(0)
	if !bytes.Contains([]byte(d.out.String()), []byte("ok")) {
		t.Errorf("check printed %q", d.out.String())
	}
}
