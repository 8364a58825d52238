package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Schema is the number of the form of results, which the package comment tells.
const Schema = 1

// A Result is a run of the suite.
type Result struct {
	Schema  int       `json:"schema"`
	When    time.Time `json:"when"`
	Machine Machine   `json:"machine"`
	Commit  string    `json:"commit"`
	Pairs   int       `json:"pairs"`
	Turn    float64   `json:"turn_s"`
	Took    float64   `json:"took_s"`
	Rows    []Row     `json:"rows"`
}

// A Row is one measure.
type Row struct {
	ID      string            `json:"id"`
	Measure string            `json:"measure"`
	Unit    string            `json:"unit"`
	Ours    *Spread           `json:"ours,omitempty"`
	Beside  *Beside           `json:"beside,omitempty"`
	UDP     *Spread           `json:"udp,omitempty"`
	Ratio   *Spread           `json:"ratio,omitempty"`
	Others  map[string]Spread `json:"others,omitempty"`
	Target  *Target           `json:"target,omitempty"`
	Met     *bool             `json:"met,omitempty"`
	Missing string            `json:"missing,omitempty"`
}

// Beside is what a figure is compared with.
type Beside struct {
	Name   string `json:"name"`
	Figure Spread `json:"figure"`
}

// newRow makes the row of a definition from what a benchmark has reported.
func newRow(d *Def, f *Figures) Row {
	r := Row{ID: d.ID, Measure: d.Measure, Unit: d.Unit, Target: &d.Target}
	ours := SpreadOf(f.Ours)
	r.Ours = &ours
	if d.Beside != "" {
		r.Beside = &Beside{d.Beside, SpreadOf(f.Beside)}
		ratio := SpreadOf(Ratios(f.Ours, f.Beside))
		r.Ratio = &ratio
	}
	if len(f.UDP) > 0 {
		udp := SpreadOf(f.UDP)
		r.UDP = &udp
	}
	for name, samples := range f.Others {
		if r.Others == nil {
			r.Others = make(map[string]Spread)
		}
		r.Others[name] = SpreadOf(samples)
	}
	judged := r.Ours
	if d.Target.Of == OfRatio {
		judged = r.Ratio
	}
	met := d.Target.Met(judged)
	r.Met = &met
	return r
}

// missingRow is a row without figures.
func missingRow(d *Def, why string) Row {
	return Row{ID: d.ID, Measure: d.Measure, Unit: d.Unit, Missing: why}
}

// score is what a row is compared by: the ratio, which a slow minute of the machine changes least, or else
// the figure.
func (r *Row) score() *Spread {
	if r.Ratio != nil {
		return r.Ratio
	}
	return r.Ours
}

// row finds a row by its name, or returns nil.
func (r *Result) row(id string) *Row {
	for i := range r.Rows {
		if r.Rows[i].ID == id {
			return &r.Rows[i]
		}
	}
	return nil
}

// Load reads a result.
func Load(path string) (*Result, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(Result)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: no result of make bench: %w", path, err)
	}
	if r.Schema != Schema {
		return nil, fmt.Errorf("%s: its schema is %d, and this program knows %d", path, r.Schema, Schema)
	}
	return r, nil
}

// Save writes a result, and makes the directory for it.
func (r *Result) Save(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // anybody may read results
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644) //nolint:gosec // likewise
}
