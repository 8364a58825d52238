package simnet_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	mutate = flag.Bool("mutants", false, "put each deliberate bug into an overlay of the tree and look for it")
	update = flag.Bool("update", false, "write MUTANTS.md from the run of -mutants")
	only   = flag.String("mutant", "", "with -mutants, only those whose name contains this")
)

// mutant is a deliberate bug: the one occurrence of old in a file becomes new.
type mutant struct {
	name, breaks   string
	file, old, new string
}

// mutants are the bugs that the simulation must find. MUTANTS.md is their
// table, with where each was found last.
var mutants = []mutant{
	{
		"lost timer stop", "the timers of a state run on in the next",
		"signalling/q2931/call.go",
		"\t\tc.running[t] = false\n\t\tc.emit(Effect{Kind: StopTimer, Timer: t})\n\t}\n}\n\n// may",
		"\t\tc.running[t] = false\n\t}\n}\n\n// may",
	},
	{
		"off by one in STAT", "the list of a STAT ends one SD early",
		"signalling/sscop/reception.go",
		"\tif high > 0 {\n\t\tc.list = append(c.list, c.vrH)",
		"\tif high > 0 {\n\t\tc.list = append(c.list, c.vrR.Add(high-1))",
	},
	{
		"missing bandwidth release", "what a call has reserved is never given back",
		"signalling/uni/call.go",
		"\tl.capacity.Release(c.reserved)\n\tc.reserved = vc.Reservation{}",
		"\tc.reserved = vc.Reservation{}",
	},
	{
		"forgotten StopTimer", "the alerting timer of a call outlives it",
		"signalling/uni/call.go",
		"[]TimerName{TimerProceeding, TimerAlerting, TimerGuard} {\n\t\tl.stopTimer(TimerID{Name: n, Call: c.id})\n\t}\n\tl.audited(c)\n\tl.endBranch(c)",
		"[]TimerName{TimerProceeding, TimerGuard} {\n\t\tl.stopTimer(TimerID{Name: n, Call: c.id})\n\t}\n\tl.audited(c)\n\tl.endBranch(c)",
	},
	{
		"wrong next state", "the network stays in N3 when it sends ALERTING",
		"signalling/q2931/establishment.go",
		"\t\treturn N4CallDelivered\n",
		"\t\treturn N3OutgoingCallProceeding\n",
	},
	{
		"double completion", "a MakeCall that fails is completed twice",
		"signalling/cm/makecall.go",
		"\tm.completeMakeCall(v, done)\n\tm.dispose(v)",
		"\tn := v.makeCall\n\tm.completeMakeCall(v, done)\n\tv.makeCall = n\n\tm.completeMakeCall(v, done)\n\tm.dispose(v)",
	},
	{
		"SAP not deregistered", "a SAP that is gone is offered calls",
		"signalling/cm/sap.go",
		"\tdelete(m.saps, s.handle)\n",
		"",
	},
	{
		"VCI not freed", "the channel of a call that is over is never given out again",
		"signalling/uni/channel/table.go",
		"\tt.alloc.Release(ch)\n\tdelete(t.resting, ch)",
		"\tdelete(t.resting, ch)",
	},
	{
		"retransmission test inverted", "SSCOP takes a repeated BGN for a new one and the other way round",
		"signalling/sscop/establishment.go",
		"c.vrSQKnown && in.NSQ == c.vrSQ",
		"c.vrSQKnown && in.NSQ != c.vrSQ",
	},
	{
		"audit skipped", "active calls are not enquired about when the SAAL returns",
		"signalling/uni/coordinator.go",
		"\tl.beginAudits(callActive)\n\tif len(l.audits) > 0 {",
		"\tif len(l.audits) > 0 {",
	},
	{
		"poll tag test inverted", "SDs that are on their way are sent again, those that are lost are not",
		"signalling/sscop/acknowledgement.go",
		"c.vtPS.Sub(sd.tag) > c.vtPS.Sub(nps) && c.tx.mark(i)",
		"c.vtPS.Sub(sd.tag) <= c.vtPS.Sub(nps) && c.tx.mark(i)",
	},
	{
		"late frames pass", "the filter of sequence numbers lets duplicates through",
		"datapath/frame/sequence.go",
		"\tif ahead >= numbers-lateWindow {",
		"\tif ahead >= numbers {",
	},
	{
		"handle given out again", "the generation of a handle does not rise",
		"signalling/cm/handle/table.go",
		"generation: s.generation + 1}",
		"generation: s.generation}",
	},
	{
		"ring memory charged for ever", "the quota of a client is not given back",
		"signalling/cm/ring.go",
		"\tc.ringBytes -= r.bytes()\n\tif v := c.vcs[h]",
		"\tif v := c.vcs[h]",
	},
	{
		"CONNECT before the branch", "a call is accepted whose receive side is not open",
		"signalling/uni/incoming.go",
		"\tl.activate(c, forAccept)\n",
		"\tl.sendConnect(c)\n",
	},
	{
		"data after the end", "a client is told of the end before its ring has ended",
		"signalling/cm/clearing.go",
		"\tm.endModify(v, failureOf(in.cause.Value), in.cause, in.words())\n\tm.idleRing(v)\n\tev :=",
		"\tm.endModify(v, failureOf(in.cause.Value), in.cause, in.words())\n\tev :=",
	},
	{
		"CloseAF does not wait", "an address family is closed over its calls",
		"signalling/cm/af.go",
		"\t\t\tif v.call != vc.Idle {\n\t\t\t\treturn false\n",
		"\t\t\tif v.call == vc.Proceeding {\n\t\t\t\treturn false\n",
	},
	{
		"overload never ends", "a call counts as being set up for ever",
		"signalling/uni/call.go",
		"\t\tl.pending[c.direction()]--\n",
		"",
	},
	{
		"receive buffer keeps an SD", "an SD received ahead of a gap is delivered and kept",
		"signalling/sscop/rx_buffer.go",
		"\tsd.have = false\n\tr.held--\n",
		"\tr.held--\n",
	},
	{
		"RELEASE COMPLETE forgotten", "a RELEASE is answered only if there was no branch",
		"signalling/uni/branch.go",
		"\tc.parties.allOff()\n\tl.completeRelease(c)\n",
		"\tc.parties.allOff()\n",
	},
	{
		"modification keeps too much", "the larger reservation outlives the modification",
		"signalling/uni/modify.go",
		"\tc.params.Contract = done.next\n\tl.keepNeeded(c)\n",
		"\tc.params.Contract = done.next\n",
	},
	{
		"modification refused and kept", "a branch keeps the rates that the peer has refused",
		"signalling/uni/modify.go",
		"\tc.modify.refused = reason{cause: cause, detail: refusedBy(cause.Value)}\n\tl.activateFor(c, &c.params.Contract, forRestore)\n",
		"\tc.modify.refused = reason{cause: cause, detail: refusedBy(cause.Value)}\n\tl.restored(c)\n",
	},
	{
		"restart unanswered", "an operator never hears of the restart",
		"signalling/uni/restartjob.go",
		"\tl.answerRestart(RestartDone{ID: j.req.ID, Cause: cause, Detail: detail, Cleared: j.cleared})\n\tl.resumeOffers()\n",
		"\t_, _, _ = j, cause, detail\n\tl.resumeOffers()\n",
	},
	{
		"half a call kept", "a call that is not active survives the loss of the SAAL",
		"signalling/uni/coordinator.go",
		"\t\tif c.m.State().IsNull() {\n\t\t\tcontinue\n\t\t}\n\t\tl.step(c, q2931.LnkReleased",
		"\t\tif !c.m.State().IsActive() {\n\t\t\tcontinue\n\t\t}\n\t\tl.step(c, q2931.LnkReleased",
	},
	{
		"party handle kept", "the handle of a party that has gone still names it",
		"signalling/cm/party.go",
		"\t\tm.handles.Remove(p.handle)\n",
		"",
	},
	{
		"last party dropped", "DropParty takes the last party away from under its call",
		"signalling/cm/dropparty.go",
		"func (m *Machine) dropParty(p *party, in *partyInput) (vc.PartyState, *refusal) {\n\tif p.v.left() == 1 {",
		"func (m *Machine) dropParty(p *party, in *partyInput) (vc.PartyState, *refusal) {\n\tif p.v.left() == 0 {",
	},
	{
		"DROP PARTY unanswered", "a leaf leaves and its root is not told",
		"signalling/uni/partyjoin.go",
		"\t\tl.stepParty(c, p, q2931.RspPartyDrop, q2931.PartyInput{})\n\tdefault:",
		"\t\tl.endParty(c, p)\n\tdefault:",
	},
	{
		"leaf left on the channel", "a leaf that is gone still receives",
		"signalling/uni/partyend.go",
		"\tif p.at != notAttached {\n\t\tl.leave(c, p)\n\t\treturn\n\t}\n\tif c.ends() {",
		"\tif c.ends() {",
	},
	{
		"T316 without end", "an operator never hears of a restart that nobody acknowledges",
		"signalling/q2931/restart.go",
		"\tp.emit(Effect{Kind: RestartFailed, Cause: p.raise(ie.CauseTimerExpiry, []byte(\"316\")...)})\n",
		"",
	},
	{
		"T360 unheard", "a client waits for the answer to a modification for ever when T360 has run out",
		"signalling/q2931/modification.go",
		"{ return c.clearFor(c.expired(T360)) }",
		"{ return c.at(U10Active) }",
	},
	{
		"T361 ends the call", "a call is gone at one end when nobody confirms its modification",
		"signalling/q2931/modification.go",
		"\t\tc.unconfirmed = false\n\t\tc.emit(Effect{Kind: Available})\n\t\treturn c.state\n\t}\n\tc.reject",
		"\t\tc.unconfirmed = false\n\t\treturn c.null(c.expired(T361), false)\n\t}\n\tc.reject",
	},
	{
		"NOTIFY unheard", "the called side does not hear of a notification",
		"signalling/uni/supplementary.go",
		"m.Notification != nil && !c.owesConf && (c.out || c.offered)",
		"m.Notification != nil && !c.owesConf && c.out",
	},
	{
		"data told again", "what came with ALERTING is told with CONNECT, too",
		"signalling/uni/supplementary.go",
		"\tb := c.heard\n\tc.heard = nil\n",
		"\tb := c.heard\n",
	},
	{
		"ALERTING without its data", "what a client says with Alert stays here",
		"signalling/uni/profile.go",
		"c.name(&msg.Message{UserUser: params.UserUser(data)})",
		"c.name(&msg.Message{UserUser: params.UserUser(data[:0])})",
	},
	{
		"RELEASE without its data", "what a client says with CloseCall stays here",
		"signalling/uni/clearing.go",
		"\t\tc.parting = r.UserUser\n",
		"",
	},
	{
		"another leaf refused", "LEAF SETUP FAILURE has not the number of the leaf that asks",
		"signalling/uni/leafsetup.go",
		"&ie.LeafSequence{Value: m.LeafSequence.Value}",
		"&ie.LeafSequence{Value: m.LeafSequence.Value + 1}",
	},
	{
		"no fall-back", "a network side stays in N10 when its last active leaf goes and others ring",
		"signalling/uni/party.go",
		"\tif c.out && c.m.State() == q2931.N10Active && c.parties.count(partyActive) == 0 {",
		"\tif c.out && c.m.State() == q2931.N10Active && c.parties.count(q2931.PartyState.Keeps) == 0 {",
	},
	{
		"no way back", "a call that has fallen back stays in N7 when a leaf joins",
		"signalling/q2931/multipoint.go",
		"\t\tc.fallen = false\n\t\treturn N10Active\n",
		"\t\tc.fallen = false\n",
	},
	{
		"ALERTING of no party", "the ALERTING of a call does not count for its first party",
		"signalling/uni/partymessage.go",
		"\tcase r.ev == q2931.MsgAlerting && p != nil:\n\t\tl.stepParty(c, p, q2931.CallAlertingReceived, q2931.PartyInput{})\n",
		"\tcase r.ev == q2931.MsgAlerting && p != nil:\n",
	},
	{
		"kept rings taken twice", "rings that a VC has been made of are still kept for others",
		"signalling/cm/keptring.go",
		"\tc.kept = slices.Delete(c.kept, i, i+1)\n",
		"\t_ = slices.Delete(slices.Clone(c.kept), i, i+1)\n",
	},
	{
		"two rings of one name", "a VC is opened while rings of its last call are kept under its handle",
		"signalling/cm/keptring.go",
		"\t\tm.dropKept(c, own)\n",
		"\t\t_ = own\n",
	},
	{
		"VC left behind", "the VC that was made with a call does not go with it",
		"signalling/cm/clearing.go",
		"v.incoming || v.owner.gone || v.disposable",
		"v.incoming || v.owner.gone",
	},
}

const root = "../.."

// apply returns the file with the bug in it.
func (m *mutant) apply(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(data, []byte(m.old)); n != 1 || m.old == m.new {
		t.Fatalf("%s: %q occurs %d times in %s, want once: the mutant is to be brought up to date", m.name, m.old, n, m.file)
	}
	return bytes.Replace(data, []byte(m.old), []byte(m.new), 1)
}

// TestMutantsApply: every deliberate bug still has its place, and MUTANTS.md
// lists them all.
func TestMutantsApply(t *testing.T) {
	page, err := os.ReadFile("MUTANTS.md")
	if err != nil {
		t.Fatal(err)
	}
	for i := range mutants {
		m := &mutants[i]
		m.apply(t)
		if !strings.Contains(string(page), "| "+m.name+" | "+m.breaks+" |") {
			t.Errorf("MUTANTS.md does not list %q: make sim-mutants writes it", m.name)
		}
	}
	if rows := strings.Count(string(page), "\n| ") - 1; rows != len(mutants) {
		t.Errorf("MUTANTS.md lists %d mutants, there are %d", rows, len(mutants))
	}
}

// mutantSeeds is within how many seeds a mutant must be found.
const mutantSeeds = "1000"

var found = regexp.MustCompile(`seed (\d+): ([^:]+): at [^:]+: (.*)`)

// TestMutants builds the simulation with each bug in turn, by an overlay of the
// build, and wants every one found.
func TestMutants(t *testing.T) {
	if !*mutate {
		return // make sim-mutants runs it; TestMutantsApply holds the table
	}
	var page strings.Builder
	page.WriteString(mutantsHead)
	for i := range mutants {
		m := &mutants[i]
		if !strings.Contains(m.name, *only) {
			continue
		}
		seed, rule, text := m.hunt(t)
		fmt.Fprintf(os.Stderr, "%-30s %-60s seed %4s  %s: %s\n", m.name, m.breaks, seed, rule, text)
		fmt.Fprintf(&page, "| %s | %s | `%s` | %s | %s |\n", m.name, m.breaks, m.file, seed, rule)
		if rule == "" {
			t.Errorf("%s: not found within %s seeds", m.name, mutantSeeds)
		}
	}
	if *update && *only == "" && !t.Failed() {
		if err := os.WriteFile("MUTANTS.md", []byte(page.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const mutantsHead = `# Deliberate bugs

Written by ` + "`make sim-mutants`" + `: bugs that are put into the tree one at a time, the first
seed of the simulation that found each (of those that ran at once), and the rule that it broke.

| bug | what it breaks | where | seed | found by |
|---|---|---|---|---|
`

// hunt builds the simulation with the bug and runs seeds until one fails.
func (m *mutant) hunt(t *testing.T) (seed, rule, text string) {
	t.Helper()
	dir := t.TempDir()
	mutated, overlay, program := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "simnet.test")
	original, err := filepath.Abs(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := json.Marshal(map[string]any{"Replace": map[string]string{original: mutated}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{mutated: m.apply(t), overlay: plan} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay, "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%s does not build: %v\n%s", m.name, err, out)
	}
	run := exec.CommandContext(t.Context(), program, "-test.run", "^TestSeeds$", "-test.timeout", "5m", "-seeds", mutantSeeds, "-shrink=false")
	out, err := run.CombinedOutput()
	if match := found.FindSubmatch(out); err != nil && match != nil {
		return string(match[1]), string(match[2]), string(match[3])
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", m.name, err, out)
	}
	return "-", "", ""
}
