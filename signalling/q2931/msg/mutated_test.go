package msg_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// mutatedOther lists the lines of mutated.tsv on which our judgement of an element differs.
var mutatedOther = map[int]string{
	82:  "7f=bad-content", // one octet is left: cut short, whatever its coding would have been
	292: "7f=bad-content", // the same
	207: "6c=bad-content", // E.164 digit that is none (Q.2931 4.5.11, E.164 6)
}

// TestMutated reads 300 broken messages and compares what is wrong with each element with the
// verdict of another codec.
func TestMutated(t *testing.T) {
	differ := 0
	for i, cols := range readTSV(t, "q2931/mutated.tsv", 300) {
		line := i + 1
		m, v, err := msg.Decode(unhex(t, cols[0]), msg.Options{})
		if err != nil {
			t.Errorf("line %d: %v", line, err)
			continue
		}
		want := theirFindings(cols[1])
		if v.UnknownType {
			// To them no element is known in a message of unknown type; here it is read as it is.
			if !strings.HasPrefix(cols[2], "mtype=unknown ") {
				t.Errorf("line %d: %s called unknown", line, m.Type)
			}
			continue
		}
		got := ourFindings(v)
		if other, listed := mutatedOther[line]; listed {
			want = other
			differ++
		}
		if got != want {
			t.Errorf("line %d: found %q, want %q", line, got, want)
		}
		if want == theirFindings(cols[1]) {
			compareRest(t, line, cols[2], m, v)
		}
	}
	if differ != len(mutatedOther) {
		t.Errorf("%d of %d listed lines met", differ, len(mutatedOther))
	}
}

// theirFindings turns the verdict column into words: access content is bad content too, and the
// action is compared in TestActions.
func theirFindings(col string) string {
	if col == "no-ie-errors" {
		return ""
	}
	var s []string
	for part := range strings.SplitSeq(col, "; ") {
		f := strings.Fields(part)
		kind := strings.Replace(strings.TrimPrefix(f[1], "err="), "access-", "bad-", 1)
		s = append(s, strings.TrimPrefix(f[0], "ie=")+"="+kind)
	}
	return strings.Join(s, " ")
}

func ourFindings(v msg.Verdict) string {
	var s []string
	for _, f := range v.Findings {
		kind := ""
		switch f.Kind {
		case msg.BadContent, msg.TooLong:
			kind = "bad-content"
		case msg.UnknownElement, msg.Unexpected:
			kind = "unknown"
		case msg.OK, msg.MissingMandatory, msg.Repeated, msg.Misplaced, msg.Empty:
			continue
		}
		s = append(s, fmt.Sprintf("%02x=%s", uint8(f.ID), kind))
	}
	return strings.Join(s, " ")
}

// compareRest compares what is left of the message with what the other codec read.
func compareRest(t *testing.T, line int, want string, m *msg.Message, v msg.Verdict) {
	t.Helper()
	words := strings.Split(want, " ")
	words = slices.DeleteFunc(words, func(w string) bool { return strings.HasSuffix(w, ",error)") })
	want = strings.Join(words, " ")
	if got := notation(m, v); got != want {
		t.Errorf("line %d: left\n%s\nwant\n%s", line, got, want)
	}
}

// TestMutatedActions compares the action that the instruction field of a wrong element asks for.
func TestMutatedActions(t *testing.T) {
	names := map[ie.Action]string{
		ie.ActionClear: "clear", ie.ActionDiscard: "ignore", ie.ActionDiscardReport: "report",
		ie.ActionDiscardMessage: "msg-ignore", ie.ActionDiscardMessageReport: "msg-report",
	}
	for i, cols := range readTSV(t, "q2931/mutated.tsv", 300) {
		_, v, err := msg.Decode(unhex(t, cols[0]), msg.Options{})
		if _, listed := mutatedOther[i+1]; err != nil || listed || v.UnknownType || cols[1] == "no-ie-errors" {
			continue
		}
		var got []string
		for _, f := range v.Findings {
			switch f.Kind {
			case msg.BadContent, msg.TooLong, msg.UnknownElement, msg.Unexpected:
				act := "default"
				if f.Header.Flag {
					act = cmp.Or(names[f.Header.Action], "report") // undefined values: as 2
				}
				got = append(got, "act="+act)
			case msg.OK, msg.MissingMandatory, msg.Repeated, msg.Misplaced, msg.Empty:
			}
		}
		var want []string
		for part := range strings.SplitSeq(cols[1], "; ") {
			want = append(want, strings.Fields(part)[2])
		}
		if !slices.Equal(got, want) {
			t.Errorf("line %d: actions %v, want %v", i+1, got, want)
		}
	}
}
