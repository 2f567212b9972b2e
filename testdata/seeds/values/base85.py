a = b85decode('Y-w&~ATc0sW*}i8bY*yS3T$a^Wgs#jZ)PB2AarGTbP8-~Ze<`dAa7<MVIXv6cytPEX>Mg8G$3zgAYmYMWq5Q7Y-w&~AT=OwW*}i8bY*yS3T$a^Wgs>nZ)PB2AarGTbP8-~Ze<`hAa7<MVIXv6cytPEX>Mg8I3RCkAYmYMWq5Q7Y-w&~AUPm!W*}i8bY*yS3T$a^WgsyyAa7<MVIXv6cytPEX>Mg8F)<)-W*}i8bY*yS3T$a^Wgsy!Aa7<MVIXv6cytPEX>Mg8F*6`<W*}i8bY*yS3T$a^Wgsy$Aa7<MVIXv6cytPEX>Mg8F*P7>W*}i8bY*yS3T$a^Wgsy&Aa7<MVIXv6cytPEX>Mg8F*hJ@W*}i8bY*yS3T$a^Wgsy)Aa7<MVIXv6cytPEX>Mg8F*zV_W*}i8bY*yS3T$a^Wgs#zAa7<MVIXv6cytPEX>Mg8GBF@;W*}i8bY*yS3T$a^Wgs##Aa7<MVIXv6cytPEX>Mg8GBY4=W*}i8')
b = a85decode(b'''<~Ch[cu+>G!WAftM)FCf]=$>aEoAKW`NDe:,#+EV1>F:)huDIjqH+E(j7@3B
Z\'G]X:/Bl7K)1a$^K+CQC7AU&;(Ch[cu+>k9[AftM)FCf]=$>aEoAKWlRDe:
,#+EV1>F:)huDIjqL+E(j7@3BZ\'G]X:/Bl7K)3$<-O+CQC7AU&;(Ch[cu+?:
Q_AftM)FCf]=$>aEoAKW]]+E(j7@3BZ\'G]X:/Bl7K)0ejehAftM)FCf]=$>a
EoAKW]_+E(j7@3BZ\'G]X:/Bl7K)0f\'qjAftM)FCf]=$>aEoAKW]a+E(j7@3B
Z\'G]X:/Bl7K)0f:(lAftM)FCf]=$>aEoAKW]c+E(j7@3BZ\'G]X:/Bl7K)0fL
4nAftM)FCf]=$>aEoAKW]e+E(j7@3BZ\'G]X:/Bl7K)0f^@pAftM)FCf]=$>a
EoAKW`^+E(j7@3BZ\'G]X:/Bl7K)1,0niAftM)FCf]=$>aEoAKW``+E(j7@3B
Z\'G]X:/Bl7K)1,C%kAftM)~>''')
