package main

import "testing"

func TestUnionKeepsRetiredCodesAndTheNewestName(t *testing.T) {
	t.Parallel()
	var union table
	for _, districts := range []string{
		"code,regency_code,name\n110101,1101,BAKONGAN\n920101,9201,KI'E  II\n",
		"code,regency_code,name\n11.01.01,11.01,Bakongan Raya\n11.01.02,11.01,\"Ra\"\"as\"\n",
	} {
		lists := map[string][]byte{
			"provinces.csv": []byte("code,name\n11,Aceh\n"),
			"regencies.csv": []byte("code,province_code,name\n11.01,11,KABUPATEN ACEH SELATAN\n"),
			"districts.csv": []byte(districts),
		}
		if err := union.add(lists); err != nil {
			t.Fatal(err)
		}
	}
	want := "11\tAceh\n1101\tKabupaten Aceh Selatan\n110101\tBakongan Raya\n110102\tRa'as\n920101\tKi'e II\tretired\n"
	if got := string(union.text()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAnEditionOfAnotherShapeIsRefused(t *testing.T) {
	t.Parallel()
	good := []byte("code,name\n11,Aceh\n")
	for name, list := range map[string]string{
		"no rows": "code,name\n", "no code": "code,name\nAceh,11\n", "ragged": "code,name\n11\n", "missing": "",
	} {
		var union table
		err := union.add(map[string][]byte{"provinces.csv": good, "regencies.csv": good, "districts.csv": []byte(list)})
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWhatOnlyAnOlderListHasIsRetired(t *testing.T) {
	t.Parallel()
	var union table
	err := union.addOlder([]byte(`{"provinsi":{"91":"PAPUA"},"kabkot":{"9101":"KAB. MERAUKE","9112":"KAB PEGUNUNGAN BINTANG"},"kecamatan":{"910101":"MERAUKE -- 99616"}}`))
	if err != nil {
		t.Fatal(err)
	}
	same := []byte("code,name\n91,Papua\n")
	if err := union.add(map[string][]byte{"provinces.csv": same, "regencies.csv": same, "districts.csv": same}); err != nil {
		t.Fatal(err)
	}
	want := "91\tPapua\n9101\tKabupaten Merauke\tretired\n910101\tMerauke\tretired\n9112\tKabupaten Pegunungan Bintang\tretired\n"
	if got := string(union.text()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for _, list := range []string{``, `{}`, `{"provinsi":{"x":"PAPUA"},"kabkot":{},"kecamatan":{}}`} {
		if err := new(table).addOlder([]byte(list)); err == nil {
			t.Errorf("%q is accepted", list)
		}
	}
}
