package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPriceList(t *testing.T) {
	dir := t.TempDir()
	c, err := Parse([]byte("[register]\nprices = \"list.csv\"\nprice_in_code = true\n"), filepath.Join(dir, "till.toml"), dir)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "list.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("code,name,price\n96385074,Gum,0.80\n")
	list, fault := c.PriceList()
	if a, ok := list.Find("96385074"); fault != nil || !ok || a.Price.Minor() != 80 {
		t.Errorf("found %+v, %v", a, fault)
	}
	if _, ok := list.Find("2112345003504"); !ok {
		t.Error("a price in the code does not count")
	}
	write("code,name,price\n96385074,Gum,free\n")
	if _, fault := c.PriceList(); fault == nil || !strings.Contains(fault.Args[1], "line 2") || !strings.Contains(fault.Detail, "line 2") {
		t.Errorf("a wrong price gives %v", fault)
	}
}
