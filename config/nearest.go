package config

import (
	"strings"
)

// didYouMean returns "; did you mean X?" when a word is close to what was written, else "".
func didYouMean(s string, words []string) string {
	if near, ok := nearest(s, words); ok {
		return "; did you mean \"" + near + "\"?"
	}
	return ""
}

// nearest returns the word with the smallest distance to s, if it is near enough to be meant: a
// third of its letters may be wrong, and at least two in any word of four.
func nearest(s string, words []string) (string, bool) {
	const longest = 64 // beyond it nothing is near, and the matrix stays small
	if len(s) > longest {
		return "", false
	}
	best, least := "", longest
	for _, w := range words {
		limit := max(len(w)/3, min(2, len(w)/2))
		if d := distance(strings.ToLower(s), w); d <= limit && d < least {
			best, least = w, d
		}
	}
	return best, best != ""
}

// distance is the number of letters to insert, delete, replace or swap with their neighbour that
// makes b of a (optimal string alignment).
func distance(a, b string) int {
	var before []int
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}

// orList joins quoted words with commas and a final "or".
func orList(words []string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(`"` + w + `"`)
	}
	return b.String()
}
