package simnet

import (
	"fmt"
	"reflect"
	"strings"

	"callmanager/signalling/uni"
)

// Stats counts what runs have covered.
type Stats struct {
	Seeds, Steps, Actions uint64
	// Calls counts set-ups handed to a link, Connects calls that came about at
	// their caller.
	Calls, Connects uint64
	// Parties counts leaves that were added to a call, Modified calls that were
	// modified.
	Parties, Modified uint64
	// Frames are those of the control channels: sent, lost for whatever reason,
	// repeated, held up, and dropped by the filter of sequence numbers.
	Frames, Lost, Duplicated, Held, Late uint64
	Crashes, Shutdowns, Boots, Restarts  uint64
	// Reused counts VCs that were made of rings which had been kept.
	Reused                      uint64
	Partitions, Flaps, Refusals uint64
	// Silences, Freezes and Hangs count the troubles of freeze.go.
	Silences, Freezes, Hangs uint64
	// Muddled counts the wires whose BGNs have waited for a host that stood still.
	Muddled uint64
	// Resets counts how often a SAAL came up again, Kills clients that went
	// without a word.
	Resets, Kills uint64
	// Quiet counts the moments at which a wire was quiet and the two ends of
	// its calls were compared.
	Quiet uint64
	// PartySteps counts transitions of parties, QuietParties those that were
	// compared, Fallen the calls among theirs that had fallen back to N7.
	PartySteps, QuietParties, Fallen uint64
	// Letters counts what clients have sent to each other, by the message that
	// brings it, Arrived what has come there.
	Letters, Arrived [numLetterKinds]uint64
	// FellBack counts how often calls fell back.
	FellBack uint64
	// Expired counts the timers that ran out, by their name.
	Expired [32]uint64
	// Did counts actions, by their place in the table.
	Did [64]uint64
}

// Add adds what another run has covered. Every field is a number or an array of
// numbers.
func (s *Stats) Add(o *Stats) {
	to, from := reflect.ValueOf(s).Elem(), reflect.ValueOf(o).Elem()
	for i := range to.NumField() {
		add(to.Field(i), from.Field(i))
	}
}

func add(to, from reflect.Value) {
	if to.Kind() == reflect.Uint64 {
		to.SetUint(to.Uint() + from.Uint())
		return
	}
	for i := range to.Len() {
		add(to.Index(i), from.Index(i))
	}
}

// String is a summary of several lines.
func (s *Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds: %d steps, %d actions\n", s.Seeds, s.Steps, s.Actions)
	fmt.Fprintf(&b, "calls      %d set-ups, %d connected, %d modified, %d parties added, %d on kept rings\n",
		s.Calls, s.Connects, s.Modified, s.Parties, s.Reused)
	fmt.Fprintf(&b, "frames     %d sent, %d lost, %d twice, %d slow, %d late and dropped\n", s.Frames, s.Lost, s.Duplicated, s.Held, s.Late)
	fmt.Fprintf(&b, "hosts      %d crashes, %d shutdowns, %d starts, %d restarts by an operator, %d partitions, %d ports down, %d refusals of a plane\n",
		s.Crashes, s.Shutdowns, s.Boots, s.Restarts, s.Partitions, s.Flaps, s.Refusals)
	fmt.Fprintf(&b, "outages    %d one-way silences, %d hosts standing still, %d planes that hang, %d wires muddled\n",
		s.Silences, s.Freezes, s.Hangs, s.Muddled)
	fmt.Fprintf(&b, "parties    %d steps, %d compared on quiet wires; calls fell back to N7 %d times, %d compared there\n",
		s.PartySteps, s.QuietParties, s.FellBack, s.Fallen)
	fmt.Fprintf(&b, "SAAL       came up again %d times; %d comparisons of quiet wires\n", s.Resets, s.Quiet)
	fmt.Fprintf(&b, "clients    %d gone without a word\n", s.Kills)
	b.WriteString("data      ")
	for i, n := range s.Letters {
		fmt.Fprintf(&b, " %s %d sent %d lost,", letterKinds[i], n, n-s.Arrived[i])
	}
	b.WriteString("\ntimers    ")
	for i, n := range s.Expired {
		if name := uni.TimerName(i); n > 0 || signallingTimer(name) {
			fmt.Fprintf(&b, " %s %d,", name, n)
		}
	}
	b.WriteString("\nactions   ")
	for i := range actions {
		fmt.Fprintf(&b, " %s %d,", actions[i].name, s.Did[i])
	}
	return strings.TrimSuffix(b.String(), ",")
}

// signallingTimer reports whether a timer is one of the standards of signalling.
func signallingTimer(n uni.TimerName) bool { return n >= uni.T301 && n <= uni.T399 }

// NeverExpired names the timers of signalling that have not run out.
func (s *Stats) NeverExpired() []string {
	var names []string
	for i, n := range s.Expired {
		if name := uni.TimerName(i); n == 0 && signallingTimer(name) {
			names = append(names, name.String())
		}
	}
	return names
}

// collect adds up what a run has covered.
func (w *World) collect() {
	w.stats.Seeds = 1
}
