package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAddress adds an alias, calls it and deletes it, by the command line alone, while a watch tells of it.
func TestAddress(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	const alias = "47.0005.80ffe1000000f21a26d8.020000000002.00" // alice finds the way by bob's MAC in it
	watch := bob.start(nil, nil, "watch")
	told := func(want string) {
		t.Helper()
		eventually(t, "the watch tells", func() error {
			if !strings.HasSuffix(watch.out.String(), want+"\n") {
				return fmt.Errorf("%q, want %q", watch.out.String(), want)
			}
			return nil
		})
	}
	told("ADDRESS_CHANGE " + bob.address)
	bob.run(nil, "address", "add", alias).want(0, "")
	told("ADDRESS_CHANGE " + bob.address + " " + alias)
	bob.run(nil, "address", "list").want(0, "ADDRESS                                       LINKS\n"+bob.address+"  peer\n"+alias+"  (alias)\n")
	rows := rowsOf(t, bob, "address list")
	if diff := cmp.Diff([]map[string]any{
		{"address": bob.address, "links": []any{"peer"}}, {"address": alias, "links": []any{}},
	}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	l := bob.listen(openInput(t), nil)
	alice.run(strings.NewReader("hello"), "call", alias).want(0, "")
	l.want(0, "hello")
	bob.run(nil, "address", "delete", alias).want(0, "")
	told("ADDRESS_CHANGE " + bob.address)
	bob.run(nil, "address", "delete", alias).want(exitFailure, "", "is no address of the daemon")
	bob.run(nil, "address", "add", "nonsense").want(exitFailure, "", "INVALID_ADDRESS")
	bob.run(nil, "address", "add").want(exitUsage, "", "usage: cmctl address add ADDRESS")
	watch.stop()
	watch.want(0, watch.out.String())
	awaitEmpty(t, alice, bob)
}

// TestWatch tells of the restart of a link, for scripts.
func TestWatch(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	watch := bob.start(nil, nil, "watch", "--json")
	eventually(t, "it has begun", func() error {
		if watch.out.String() == "" {
			return fmt.Errorf("%q", watch.err.String())
		}
		return nil
	})
	alice.run(nil, "restart", "peer").want(0, "acknowledged by the peer; calls cleared: 0\n")
	eventually(t, "the reset is told", func() error {
		out := watch.out.String()
		if !strings.Contains(out, `"kind": "RESET_END"`) || !strings.Contains(out, `"link": "peer"`) {
			return fmt.Errorf("%q", out)
		}
		return nil
	})
	watch.stop()
	watch.want(0, watch.out.String())
}
