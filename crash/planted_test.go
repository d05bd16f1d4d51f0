package crash

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// defect is a bug planted in the engine. The campaign knows none in particular and must find it.
type defect struct {
	name, file string
	pieces     []string                        // of the file: as it is, as it becomes, and so on
	hunt       func(c *campaign, hwsim string) // the runs that must find it
}

var defects = []defect{
	{"sent again after no answer", "pos/payment/authorize.go", []string{
		"	answer := e.send(ctx, do, r)\n",
		"	answer := e.send(ctx, do, r)\n	if !answered(answer.State) {\n		answer = do(context.WithoutCancel(ctx), r)\n	}\n"},
		(*campaign).huntByNetwork},
	{"no answer taken as declined", "pos/payment/send.go", []string{
		"	apply(&p, a)\n	prompt(&p)\n",
		"	if !answered(a.State) {\n		a.State = pos.StateDeclined\n	}\n	apply(&p, a)\n	prompt(&p)\n"},
		(*campaign).huntByNetwork},
	{"interrupted taken as not sent", "pos/payment/settle.go", []string{
		"			p.State, p.Updated, p.Due = pos.StateUnknown, now, now\n",
		"			p.State, p.Updated, p.Due = pos.StateNotSent, now, time.Time{}\n"},
		(*campaign).huntByKill},
	{"outcome shown though the journal did not take it", "pos/payment/journal.go", []string{
		"	p.State = pos.StateUnknown\n	p.Approved = money.New(0, p.Requested.Currency())\n	p.Failure = pos.NewError(pos.CodeJournalUnknown).Because(err)\n	return p\n",
		"	_ = money.New\n	return p\n"},
		(*campaign).huntByDisk},
	{"commits not flushed to the disk", "storage/schema.go", []string{
		"&_synchronous=FULL&", "&_synchronous=OFF&",
		`{"synchronous", "2"}`, `{"synchronous", "0"}`},
		(*campaign).huntByPower},
	{"the log's name not flushed", "storage/journal.go", []string{
		"		if err := syncFolder(filepath.Dir(path)); err != nil {\n			return failure(err, path, pos.CodeJournalWrite)\n		}\n",
		""},
		(*campaign).huntByName},
}

// huntRuns is the most runs that a defect may take to be found.
const huntRuns = 40

// TestPlantedDefectsAreFound plants each defect in the real binary and wants the campaign to find it.
func TestPlantedDefectsAreFound(t *testing.T) {
	hwsim := build(t, "hwsim", "")
	for _, d := range defects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			c := newCampaign(newWorld(t, build(t, "till", plant(t, d.file, d.pieces...)), hwsim))
			d.hunt(c, hwsim)
			if len(c.violations) == 0 {
				t.Error("a terminal with this defect passed every check")
			}
			for _, v := range c.violations {
				t.Log("found:", v)
			}
		})
	}
}

// huntByNetwork cuts answers, before the goodbye of TLS, until a check complains.
func (c *campaign) huntByNetwork(hwsim string) {
	p := c.network(hwsim)
	c.boot()
	_, down := c.measure(p)
	for range huntRuns {
		c.call(p.text("control"), "POST", "/fault", fields{"down": fields{"cut_at": down - 40 - c.random.Int64N(200)}})
		c.durable(c.sell("cut down"))
		c.call(p.text("control"), "DELETE", "/fault", nil)
		if len(c.violations) > 0 {
			return
		}
	}
}

// huntByKill kills after the request until a check complains.
func (c *campaign) huntByKill(string) {
	for range huntRuns {
		c.boot()
		s := c.strike(byteToAnswer)
		c.evidence(s)
		c.sales = append(c.sales, s)
		c.boot()
		c.settle()
		c.check()
		c.terminal.kill()
		if len(c.violations) > 0 {
			return
		}
	}
}

// huntByDisk fills the disk at one write of a sale after the other until a check complains.
func (c *campaign) huntByDisk(string) {
	b := c.ownDisk()
	for i := 0; i < huntRuns && len(c.violations) == 0; i++ {
		c.boot()
		b.fail(diskFailure{Calls: aWrite, Nth: 1 + 2*i, Does: doesENOSPC, Onward: true})
		s := c.sell("full")
		c.terminal.strike()
		b.heal()
		c.terminal.kill()
		c.durable(s)
	}
}

// huntByPower cuts the power right after answers until a check complains.
func (c *campaign) huntByPower(string) {
	if why := volumeMissing(); why != "" {
		c.t.Skip(why)
	}
	v, err := newVolume(c.t, c.dir, volumeBytes)
	if err != nil {
		c.t.Skipf("no loop file system here: %v", err)
	}
	c.moveTo(v.mount)
	c.boot()
	c.sell("plain")
	c.terminal.kill()
	v.back() // unmounted in order, all so far is on the disk
	c.blow = v.cut
	for range huntRuns {
		c.boot()
		s := c.strike(afterPrint)
		v.back()
		c.evidence(s)
		if len(c.violations) > 0 {
			return
		}
	}
}

// huntByName fails one flush after the other from the start on, sells, and cuts the power.
func (c *campaign) huntByName(string) {
	b := c.ownDisk()
	c.boot()
	c.sell("plain")
	for nth := 1; nth <= huntRuns && len(c.violations) == 0; nth++ {
		c.terminal.stop() // the log goes with it
		b.fail(diskFailure{Calls: aSync, Nth: nth, Does: doesEIO})
		sells := c.tryBoot() == nil
		if sells {
			c.sell("name")
			c.terminal.strike()
		}
		b.order(diskOrder{Do: "cut"})
		if sells {
			c.durable(c.sales[len(c.sales)-1])
		}
		if len(c.violations) == 0 {
			c.boot()
		}
	}
}

// plant writes a build overlay in which one file of the tree has pieces replaced: as it is, as it becomes, and so on.
func plant(t *testing.T, file string, pieces ...string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pieces); i += 2 {
		if n := strings.Count(string(text), pieces[i]); n != 1 {
			t.Fatalf("%s has changed: piece %d stands in it %d times", file, i/2+1, n)
		}
		text = []byte(strings.Replace(string(text), pieces[i], pieces[i+1], 1))
	}
	dir := t.TempDir()
	mutant := filepath.Join(dir, "mutant.go")
	if err := os.WriteFile(mutant, text, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{path: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}
