
7r*2
*string"	namek*text node < x