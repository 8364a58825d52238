package msg_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// theirFindings turns the verdict column into words: access content is bad content too, and the
// action is compared in TestMutatedActions.
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

// TestMutatedActions compares the action that the instruction field of a wrong element asks for.
func TestMutatedActions(t *testing.T) {
	names := map[ie.Action]string{
		ie.ActionClear: "clear", ie.ActionDiscard: "ignore", ie.ActionDiscardReport: "report",
		ie.ActionDiscardMessage: "msg-ignore", ie.ActionDiscardMessageReport: "msg-report",
	}
	for i, cols := range readTSV(t, "q2931/mutated.tsv", 300) {
		_, v, err := msg.Decode(unhex(t, cols[0]), msg.Options{})
		if _, listed := otherOpinion[i+1]; err != nil || listed || v.UnknownType || cols[1] == "no-ie-errors" {
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
