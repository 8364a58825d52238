package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/client"
)

// rowsOf runs a verb with --json and returns the rows.
func rowsOf(t *testing.T, h *host, verb string) (rows []map[string]any) {
	t.Helper()
	p := h.run(nil, append(strings.Fields(verb), "--json")...)
	p.want(0, p.out.String())
	if err := json.Unmarshal([]byte(p.out.String()), &rows); err != nil {
		t.Fatalf("%s --json: %v in %q", verb, err, p.out.String())
	}
	return rows
}

// keysOf returns the keys of an object in order, those within objects after a dot.
func keysOf(prefix string, object map[string]any) (keys []string) {
	for k, v := range object {
		inner, ok := v.(map[string]any)
		if ok && k != "counters" {
			keys = append(keys, keysOf(prefix+k+".", inner)...)
		} else {
			keys = append(keys, prefix+k)
		}
	}
	slices.Sort(keys)
	return keys
}

// flowKeys are those of a contract.
func contractKeys(prefix string) (keys []string) {
	for _, d := range []string{"backward.", "forward."} {
		for _, k := range []string{"bit_rate", "max_sdu", "mbs", "mdcr", "min_policed", "pcr", "scr"} {
			keys = append(keys, prefix+d+k)
		}
	}
	return append(keys, prefix+"category")
}

// Lists of nothing are empty arrays, and tables with their headings alone.
func TestEmptyLists(t *testing.T) {
	alice, _ := startHosts(t)
	for verb, headings := range map[string]string{
		"vcs":   "HANDLE  LINK  VPI/VCI  STATE  CALL  DIRECTION  CONTRACT  SENT  RECEIVED  OWNER\n",
		"calls": "LINK  CREF  STATE  VPI/VCI  CALLING  CALLED  CONTRACT  RESERVED  AGE  VC\n",
		"saps":  "HANDLE  ADDRESS  SELECTOR  OFFERED  OWNER\n",
	} {
		alice.run(nil, verb, "--json").want(0, "[]\n")
		alice.run(nil, verb).want(0, headings)
	}
}

// Each verb's keys are these and no others: scripts live on them.
func TestJSON(t *testing.T) {
	alice, bob := startHosts(t)
	l := bob.listen(openInput(t), nil)
	c := alice.start(openInput(t), nil, "call", "--pcr", "10Mbit/s", "bob")
	eventually(t, "the call stands", func() error {
		return errors.Join(wantCall(t, alice), wantCall(t, bob))
	})
	for _, tc := range []struct {
		verb string
		host *host
		keys []string
		some map[string]any
	}{
		{"status", alice, []string{
			"addresses", "calls", "clients", "counters", "health", "links", "links_up", "pid", "saps", "uptime_ms", "vcs", "version",
		}, map[string]any{"version": "1.2.3", "pid": float64(os.Getpid()), "links": 1.0, "links_up": 1.0, "calls": 1.0, "vcs": 1.0, "saps": 0.0}},
		{"links", alice, []string{
			"address", "calls", "capacity", "counters", "free", "interface", "last_error", "mac", "max_sdu", "mode", "name", "peer", "prefixes", "profile",
			"receive_buffer_ms", "reserved", "role", "state",
		}, map[string]any{
			"name": "peer", "interface": "mem", "peer": "02:00:00:00:00:02", "role": "network", "mode": "frame", "state": "up",
			"last_error": "", "address": alice.address, "mac": "02:00:00:00:00:01", "capacity": 1e9, "calls": 1.0,
		}},
		{"vcs", alice, append(contractKeys("contract."),
			"branches", "call_state", "called", "calling", "counters", "handle", "incoming", "link", "owner", "permanent", "pid", "state", "uid", "vci", "vpi",
		), map[string]any{
			"link": "peer", "vpi": 0.0, "state": "active", "call_state": "connected", "owner": "cmctl", "pid": float64(os.Getpid()),
			"incoming": false, "called": bob.address, "calling": alice.address,
		}},
		{"calls", bob, append(contractKeys("contract."),
			"age_ms", "call_reference", "called", "calling", "link", "ours", "reserved", "state", "vc", "vci", "vpi",
		), map[string]any{"link": "peer", "ours": false, "state": "U10", "called": bob.address, "calling": alice.address}},
		{
			"saps", bob,
			[]string{"address", "bhli", "blli", "handle", "offered", "owner", "pid", "selector"},
			map[string]any{"address": "", "selector": "any", "bhli": "", "blli": "", "owner": "cmctl", "offered": 1.0},
		},
	} {
		rows := rowsOf(t, tc.host, tc.verb)
		if len(rows) != 1 {
			t.Errorf("%s: %d rows", tc.verb, len(rows))
			continue
		}
		slices.Sort(tc.keys)
		if diff := cmp.Diff(tc.keys, keysOf("", rows[0])); diff != "" {
			t.Errorf("keys of %s (-want +got):\n%s", tc.verb, diff)
		}
		for k, want := range tc.some {
			if got := rows[0][k]; got != want {
				t.Errorf("%s: %s is %v, want %v", tc.verb, k, got, want)
			}
		}
		for _, k := range append(keysOf("", rows[0]), counterNames(rows[0])...) {
			if !regexp.MustCompile(`^[a-z0-9_.]+$`).MatchString(k) {
				t.Errorf("%s: the key %q is not in snake_case", tc.verb, k)
			}
		}
	}
	contract := rowsOf(t, alice, "vcs")[0]["contract"].(map[string]any)
	forward := contract["forward"].(map[string]any)
	if contract["category"] != "CBR" || forward["pcr"] != 26042.0 || forward["bit_rate"] != 26042.0*384 {
		t.Errorf("the contract is %v", contract)
	}
	wantTables(t, alice, bob)
	c.stop()
	c.want(0, "")
	l.want(0, "")
	awaitEmpty(t, alice, bob)
}

// An administrator closes another's call, once.
func TestClose(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	l := bob.listen(openInput(t), nil)
	c := alice.start(openInput(t), nil, "call", "bob")
	eventually(t, "the call stands", func() error {
		return errors.Join(wantCall(t, alice), wantCall(t, bob))
	})
	handle := rowsOf(t, alice, "vcs")[0]["handle"].(string)
	alice.run(nil, "close", handle).want(0, "")
	c.want(1, "", "an administrator has closed the call")
	l.wait()
	alice.run(nil, "close", handle).want(1, "", "AdminClose")
	awaitEmpty(t, alice, bob)
}

func counterNames(row map[string]any) (names []string) {
	counters, _ := row["counters"].(map[string]any)
	for k := range counters {
		names = append(names, k)
	}
	return names
}

// wantTables looks at the tables of a call of alice to bob.
func wantTables(t *testing.T, alice, bob *host) {
	t.Helper()
	for _, tc := range []struct {
		host *host
		verb string
		want string
	}{
		{alice, "links", `^NAME +INTERFACE +PEER .*LAST ERROR\npeer +mem +02:00:00:00:00:02 +network +uni4.0 +frame +up +1Gbit/s +[0-9.]+Mbit/s +[0-9.]+Mbit/s +1492 +1 +\d+ ms +-\n$`},
		{alice, "vcs", `^HANDLE.*\n0x[0-9a-f]+ +peer +0/\d+ +active +connected +outgoing +CBR 10Mbit/s sdu 1492 +0 +0 +cmctl \(\d+\)\n$`},
		{bob, "vcs", `^HANDLE.*\n0x[0-9a-f]+ +peer +0/\d+ +active +connected +incoming +CBR 10Mbit/s sdu 1492 +0 +0 +cmctl \(\d+\)\n$`},
		{alice, "calls", `^LINK.*\npeer +\d+/ours +N10 +0/\d+ +49[0-9.]+ +49[0-9.]+ +CBR +[0-9.]+Mbit/s +\d+s +0x[0-9a-f]+\n$`},
		{bob, "calls", `^LINK.*\npeer +\d+/theirs +U10 +0/\d+ .*\n$`},
		{bob, "saps", `^HANDLE.*\n0x[0-9a-f]+ +any +any +1 +cmctl \(\d+\)\n$`},
		{alice, "status", `^cmd-daemon 1\.2\.3 +pid \d+, up \d+s\nlinks +1 of 1 up\nclients +2 with 0 SAPs\ncalls +1 on 1 VCs\naddress +49[0-9.]+\n$`},
	} {
		want := regexp.MustCompile(tc.want)
		eventually(t, tc.verb, func() error { // what the last verb has left behind goes by itself
			p := tc.host.run(nil, tc.verb)
			p.want(0, p.out.String())
			if got := strings.ReplaceAll(p.out.String(), "10.0001Mbit/s", "10Mbit/s"); !want.MatchString(got) {
				return fmt.Errorf("\n%swant %s", p.out.String(), tc.want)
			}
			return nil
		})
	}
}

// What is wrong with a command line is told in one line with the way out, and is exit code 2.
func TestUsage(t *testing.T) {
	for _, tc := range []struct {
		args  string
		words []string
	}{
		{"shout", []string{"shout"}},
		{"lab shout", []string{"shout"}},
		{"--loud", []string{"--loud"}},
		{"links --loud", []string{"--loud"}},
		{"links more", []string{"more", "usage: cmctl links"}},
		{"status more", []string{"usage: cmctl status"}},
		{"call", []string{"usage: cmctl call DEST"}},
		{"call a b", []string{"usage: cmctl call DEST"}},
		{"call --pcr fast bob", []string{"--pcr", "fast"}},
		{"call --pcr 7Gbit/s bob", []string{"--pcr", "16777215"}},
		{"call --pcr 1Mbit/s --min-pcr slow bob", []string{"--min-pcr", "slow"}},
		{"call --pcr 1Mbit/s --min-pcr 2Mbit/s bob", []string{"--min-pcr 2Mbit/s", "above --pcr 1Mbit/s"}},
		{"call --min-pcr 2Mbit/s bob", []string{"--min-pcr", "which --pcr names"}},
		{"call --max-sdu 65536 bob", []string{"--max-sdu"}},
		{"call --max-sdu -1 bob", []string{"--max-sdu"}},
		{"call --linger soon bob", []string{"--linger"}},
		{"call --linger -5s bob", []string{"--linger -5s: want 0s or more"}},
		{"listen --address zz", []string{"--address", "zz"}},
		{"listen more", []string{"usage: cmctl listen"}},
		{"listen --sel 100", []string{"--sel", "hexadecimal digits"}},
		{"listen --sel xy", []string{"--sel", "hexadecimal digits"}},
		{"listen --pcr fast", []string{"--pcr", "fast"}},
		{"call --sel xyz bob", []string{"--sel"}},
		{"listen --count -1", []string{"--count -1: want 0 or more"}},
		{"close", []string{"usage: cmctl close HANDLE"}},
		{"close none", []string{"none"}},
		{"close 0x1 0x2", []string{"usage: cmctl close HANDLE"}},
		{"modify", []string{"usage: cmctl modify HANDLE"}},
		{"modify none --pcr 1Mbit/s", []string{"none"}},
		{"modify 0x1", []string{"nothing to change: want --pcr, --scr or --mbs"}},
		{"modify 0x1 --pcr fast", []string{"--pcr", "fast"}},
		{"modify 0x1 --pcr 1Mbit/s,fast", []string{"--pcr", "fast"}},
		{"modify 0x1 --pcr ,", []string{`--pcr ",": want a value for a direction at least`}},
		{"modify 0x1 --scr 7Gbit/s", []string{"--scr", "16777215"}},
		{"modify 0x1 --mbs 0", []string{`--mbs "0": want a number of cells, 1 to 16777215`}},
		{"modify 0x1 --mbs 16777216", []string{"--mbs", "1 to 16777215"}},
		{"modify 0x1 --min-pcr 1Mbit/s", []string{"nothing to change"}},
		{"modify 0x1 --pcr 2Mbit/s, --min-pcr 1Mbit/s", []string{"--min-pcr 1Mbit/s: it is for a direction whose rate --pcr names"}},
		{"modify 0x1 --pcr 2Mbit/s,1Mbit/s --min-pcr 1Mbit/s,2Mbit/s", []string{"--min-pcr 1Mbit/s,2Mbit/s: it is above --pcr 2Mbit/s,1Mbit/s"}},
		{"trace more", []string{"usage: cmctl trace"}},
		{"trace --call x", []string{"--call", "bob:13"}},
		{"trace --call 13/mine", []string{"--call", "bob:13"}},
		{"trace --call 8388607", []string{"--call", "bob:13"}},
		{"capture", []string{"-w FILE"}},
		{"capture more", []string{"usage: cmctl capture"}},
		{"capture -w x --control --data", []string{"--control and --data"}},
		{"capture -w x --vc 32", []string{"--vc", "VPI.VCI"}},
		{"capture -w x --vc 0.65536", []string{"--vc", "VPI.VCI"}},
		{"capture -w x --duration -1s", []string{"--duration -1s"}},
		{"capture -w x --count many", []string{"--count", "many"}},
		{"decode", []string{"usage: cmctl decode"}},
		{"decode --from nobody 00", []string{"--from", "user or network"}},
		{"decode --profile uni5 00", []string{"--profile", "uni3.1"}},
		{"decode --as atm 00", []string{"--as", "q2931"}},
		{"decode --vc x 00", []string{`--vc "x": want VPI/VCI or LABEL=VPI/VCI, such as 0/5 or 103=0/5`}},
		{"decode --vc 0/65536 00", []string{`--vc "0/65536"`, "want VPI/VCI"}},
		{"decode --vc 256/5 00", []string{`--vc "256/5"`, "want VPI/VCI"}},
		{"decode --vc x=0/5 00", []string{`--vc "x=0/5"`, "want VPI/VCI"}},
		{"decode --vc =0/5 00", []string{`--vc "=0/5"`, "want VPI/VCI"}},
		{"decode --vc 65541=0/5 00", []string{"label 65541 is not one that is set by hand: those are 16 to 65535"}},
		{"decode --vc 15=0/5 00", []string{"label 15 is not one"}},
		{"decode --vc 103=0/5,103=0/32 00", []string{"label 103 is named twice"}},
		{"decode --vc 0/5 --vc 0/32 00", []string{`--vc "0/32": the labels that are not named have channel 0/5 already`}},
		{"bench shout", []string{"shout"}},
		{"bench sink more", []string{"usage: cmctl bench sink"}},
		{"bench sink --count -1", []string{"--count -1: want 0 or more"}},
		{"bench sink --sel 100", []string{"--sel", "hexadecimal digits"}},
		{"bench sink --address zz", []string{"--address", "zz"}},
		{"bench source", []string{"usage: cmctl bench source DEST"}},
		{"bench source --size 23 bob", []string{`--size "23": want 24 to 65535 octets: an SDU has its number`}},
		{"bench source --size 64-65536 bob", []string{`--size "64-65536": want 24 to 65535 octets`}},
		{"bench source --size 100-64 bob", []string{`--size "100-64": want the smaller size first`}},
		{"bench source --size large bob", []string{`--size "large": want octets, such as 1024 or 64-1492`}},
		{"bench source --size 1-2-3 bob", []string{`--size "1-2-3": want octets`}},
		{"bench source --rate fast bob", []string{"--rate", "fast"}},
		{"bench source --rate 6Gbit/s --size 64 bob", []string{"--rate", "16777215"}},
		{"bench source --duration 0s bob", []string{"--duration 0s: want a time above 0s"}},
		{"bench source --sel xyz bob", []string{"--sel", "hexadecimal digits"}},
		{"bench rtt", []string{"usage: cmctl bench rtt DEST"}},
		{"bench rtt --size 64-100 bob", []string{`--size "64-100": want one size`}},
		{"bench rtt --size 1 bob", []string{`--size "1": want 24 to 65535 octets`}},
		{"bench rtt --interval -1s bob", []string{"--interval -1s: want 0s or more"}},
		{"bench rtt --count -1 bob", []string{"--count"}},
		{"bench calls a b", []string{"usage: cmctl bench calls DEST"}},
		{"bench calls --rate 0 bob", []string{`--rate "0": want calls a second, 0.001 to 1000000, such as 200`}},
		{"bench calls --rate NaN bob", []string{`--rate "NaN": want calls a second`}},
		{"bench calls --rate 10Mbit/s bob", []string{`--rate "10Mbit/s": want calls a second`}},
		{"bench calls --hold -1s bob", []string{"--hold -1s: want 0s or more"}},
		{"bench calls --outstanding 0 bob", []string{"--outstanding 0: want 1 to 4096"}},
		{"bench calls --outstanding 4097 bob", []string{"--outstanding 4097: want 1 to 4096"}},
		{"bench calls --duration -1s bob", []string{"--duration -1s: want a time above 0s"}},
		{"lab exec", []string{"usage: cmctl lab exec"}},
		{"lab exec alice", []string{"usage: cmctl lab exec"}},
		{"lab run", []string{"usage: cmctl lab run"}},
		{"lab up more", []string{"usage: cmctl lab up"}},
		{"lab down more", []string{"usage: cmctl lab down"}},
		{"demo more", []string{"usage: cmctl demo"}},
		{"completion tcsh", []string{"tcsh"}},
		{"completion bash more", []string{"usage: cmctl completion bash"}},
	} {
		var out, stderr bytes.Buffer
		code := execute(t.Context(), strings.Fields(tc.args), &streams{in: &out, out: &out, err: &stderr})
		text := stderr.String()
		if code != 2 || out.Len() != 0 || strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "cmctl: ") || !strings.Contains(text, "see --help") {
			t.Errorf("cmctl %s: exit code %d, %q, %q", tc.args, code, out.String(), text)
		}
		if strings.Contains(text, "cmctl: cmctl:") {
			t.Errorf("cmctl %s: said %q", tc.args, text)
		}
		for _, w := range tc.words {
			if !strings.Contains(text, w) {
				t.Errorf("cmctl %s: said %q, want %q in it", tc.args, text, w)
			}
		}
	}
}

// What works without a daemon.
func TestHelp(t *testing.T) {
	for args, want := range map[string]string{
		"":            "Available Commands:",
		"--help":      "Available Commands:",
		"lab":         "Available Commands:",
		"bench":       "Available Commands:",
		"call --help": "cmctl call DEST",
		"--version":   "cmctl version ",
	} {
		var out, stderr bytes.Buffer
		code := execute(t.Context(), strings.Fields(args), &streams{in: &out, out: &out, err: &stderr})
		if code != 0 || stderr.Len() != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("cmctl %s: exit code %d, %q, %q", args, code, out.String(), stderr.String())
		}
		if strings.Contains(out.String(), "janitor") {
			t.Errorf("cmctl %s shows what is not for users", args)
		}
	}
}

// The scripts for shells are made, and those that a shell here can read are read by it.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		var out, stderr bytes.Buffer
		code := execute(t.Context(), []string{"completion", shell}, &streams{in: &out, out: &out, err: &stderr})
		if code != 0 || stderr.Len() != 0 || !strings.Contains(out.String(), "cmctl") || out.Len() < 1000 {
			t.Errorf("completion %s: exit code %d, %d octets, %q", shell, code, out.Len(), stderr.String())
		}
		path, err := exec.LookPath(shell)
		if err != nil || shell == "powershell" {
			continue
		}
		cmd := exec.Command(path, "-n", "/dev/stdin")
		cmd.Stdin = &out
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s does not read it: %v: %s", shell, err, text)
		}
	}
}

// Words that only a daemon knows are asked for there.
func TestCompletion(t *testing.T) {
	alice, bob := startHosts(t)
	callee := bob.listen(openInput(t), nil)
	caller := alice.start(openInput(t), nil, "call", "bob")
	eventually(t, "the call stands", func() error { return wantCall(t, alice) })
	handle := rowsOf(t, alice, "vcs")[0]["handle"].(string)
	for _, tc := range []struct{ args, want string }{
		{"close ", `^` + handle + "\tcmctl on peer 0/\\d+, connected\n:4\n"},
		{"close " + handle + " ", "^:4\n"},
		{"modify ", `^` + handle + "\tcmctl on peer 0/\\d+, UBR .*sdu 1492\n:4\n"},
		{"modify " + handle + " ", "^:4\n"},
		{"modify " + handle + " --pcr ", "^:4\n"},
		{"trace --link ", "^peer\tmem to 02:00:00:00:00:02, up\n:4\n"},
		{"trace --call ", `^peer:\d+/ours\t[UN]10, \S+\n:4\n`},
		{"capture --link ", "^peer\tmem to 02:00:00:00:00:02, up\n:4\n"},
		{"capture --vc ", `^0\.\d+\tpeer, \S+\n:4\n`},
		{"capture -w ", "^pcapng\n:8\n"},
		{"decode ", "^:0\n"},
		{"decode --vc ", "^:4\n"},
		{"decode --from ", "^user\nnetwork\n:4\n"},
		{"decode --profile ", "^uni4.0\nuni3.1\nuni3.0\nq2931\n:4\n"},
		{"call ", "^:4\n"},
		{"listen ", "^:4\n"},
		{"bench ", "(?s)^calls\t.*\nrtt\t.*\nsink\t.*\nsource\t.*\n:4\n"},
		{"bench source ", "^:4\n"},
		{"bench source --rate ", "^:4\n"},
		{"--lab none --host ", "^:4\n"},
		{"--lab none lab exec ", "^:4\n"},
		{"li", "(?s)^links\t.*listen\t.*:4\n"},
	} {
		args := append([]string{"__complete"}, strings.Split(tc.args, " ")...)
		p := alice.run(nil, args...)
		if !regexp.MustCompile(tc.want).MatchString(p.out.String()) {
			t.Errorf("cmctl %s<tab>: %q, want %s; %s", tc.args, p.out.String(), tc.want, p.err.String())
		}
	}
	if p := bob.run(nil, "__complete", "modify", ""); !strings.HasPrefix(p.out.String(), ":4\n") {
		t.Errorf("of the called side: %q", p.out.String())
	}
	caller.stop()
	caller.want(0, "")
	callee.want(0, "")
	alice.close()
	if p := alice.run(nil, "__complete", "close", ""); !strings.HasPrefix(p.out.String(), ":4\n") {
		t.Errorf("without a daemon: %q", p.out.String())
	}
}

// The trace is a ladder of messages, or a line of JSON an SDU, and ends with its reader.
func TestTrace(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	ladder := alice.start(nil, nil, "trace", "--link", "peer")
	all := bob.start(nil, nil, "trace", "--all", "--json")
	broken := bob.start(nil, func(s *streams) { s.out = &brokenWriter{left: 5} }, "trace", "--all")
	eventually(t, "a whole call is traced", func() error {
		l := bob.listen(openInput(t), nil)
		alice.run(nil, "call", "bob").want(0, "")
		l.want(0, "")
		for _, p := range []*program{ladder, all} {
			for _, m := range []string{"SETUP", "CONNECT ACKNOWLEDGE", "RELEASE COMPLETE"} {
				if !strings.Contains(p.out.String(), m) {
					return fmt.Errorf("%v lacks %s", p.args, m)
				}
			}
		}
		return nil
	})
	broken.want(1, "", "trace: broken pipe")
	for _, p := range []*program{ladder, all} {
		p.stop()
		p.want(0, p.out.String())
	}
	for line := range strings.Lines(ladder.out.String()) {
		if !regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{6}  \S+  (-- [A-Z ]+ -+>|<-+ [A-Z ]+ --)  peer  (\d+/(ours|theirs)|global)(  \S.*)?\n$`).MatchString(line) {
			t.Errorf("line %q", line)
		}
	}
	for line := range strings.Lines(all.out.String()) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		decoded, _ := row["decoded"].(map[string]any)
		if decoded["pdu"] == nil || (decoded["message"] == nil) != (row["message"] == "") {
			t.Fatalf("decoded %v", decoded)
		}
		if m, ok := decoded["message"].(map[string]any); ok { // bob has the higher address: he is the user side
			want := map[any]string{true: "user", false: "network"}[row["sent"]]
			if m["from"] != want || m["guessed"] != nil || m["ruling"].(map[string]any)["action"] != "proceed" {
				t.Errorf("%v sent %v: from %v, guessed %v, %v", m["name"], row["sent"], m["from"], m["guessed"], m["ruling"])
			}
		}
		row["decoded"] = nil
		want := []string{"call_reference", "decoded", "link", "lost", "message", "sdu", "sent", "summary", "time"}
		if diff := cmp.Diff(want, keysOf("", row)); diff != "" {
			t.Fatalf("keys (-want +got):\n%s", diff)
		}
	}
	alice.run(nil, "trace", "--link", "none").want(1, "", `there is no link "none"`)
	// A reader that has stopped reading does not hold the program when it is told to end.
	r, w := io.Pipe()
	t.Cleanup(func() { _ = r.Close() })
	stuck := bob.start(nil, func(s *streams) { s.out = w }, "trace", "--all", "--json")
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	stuck.stop()
	stuck.want(0, "")
	// The end of the daemon ends it, with what was traced before.
	last := bob.start(nil, nil, "trace", "--all")
	eventually(t, "something is traced", func() error {
		if last.out.String() == "" {
			return errors.New("nothing")
		}
		return nil
	})
	before := last.out.String()
	bob.close()
	last.wait()
	if !strings.HasPrefix(last.out.String(), before) {
		t.Errorf("traced %q, and at the end %q", before, last.out.String())
	}
	last.want(1, last.out.String(), "the daemon ends")
}

// Where the daemon's socket is looked for.
func TestSocketPath(t *testing.T) {
	alice, bob := startHosts(t)
	t.Setenv("CMD_SOCKET", bob.socket)
	for want, args := range map[string][]string{
		bob.address:   {"status", "--json"},
		alice.address: {"status", "--json", "--socket", alice.socket},
	} {
		var out bytes.Buffer
		if code := execute(t.Context(), args, &streams{in: &out, out: &out, err: &out}); code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%v: exit code %d, %s", args, code, &out)
		}
	}
	t.Setenv("CMD_SOCKET", filepath.Join(t.TempDir(), "none"))
	for words, args := range map[string][]string{
		"is cmd-daemon running":     {"status"},
		"there is no lab named":     {"status", "--lab", "no-such-lab", "--host", "alice"},
		"letters, digits or hyphen": {"status", "--lab", "../etc", "--host", "alice"},
	} {
		var out bytes.Buffer
		if code := execute(t.Context(), args, &streams{in: &out, out: &out, err: &out}); code != 1 || !strings.Contains(out.String(), words) {
			t.Errorf("%v: exit code %d, %s", args, code, &out)
		}
	}
}

// A query ends with the interrupt.
func TestQueryInterrupted(t *testing.T) {
	alice, _ := startHosts(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	code := execute(ctx, []string{"--socket", alice.socket, "links"}, &streams{in: &out, out: &out, err: &out})
	if code != 1 || !strings.Contains(out.String(), "cancel") {
		t.Errorf("exit code %d: %s", code, &out)
	}
	if _, err := client.Dial(ctx, client.Options{Socket: alice.socket}); !errors.Is(err, context.Canceled) {
		t.Errorf("dial: %v", err)
	}
}

// A command in a lab finds this program, wherever it lies.
func TestOfferSelf(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
	offerSelf()
	if found, err := exec.LookPath(filepath.Base(self)); err != nil || found != self {
		t.Errorf("found %q, %v", found, err)
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Error(err)
	}
}

// needAdmin skips a test of what only administrators may do.
func needAdmin(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to be an administrator of the daemon")
	}
}
